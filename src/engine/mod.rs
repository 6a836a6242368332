//! The container engine. The only room that names bollard; knows no word of OpenClaw.
