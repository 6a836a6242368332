//! The host's own network: name resolution and the registries of the images, so that an outage of
//! the host, the engine's forwarder and the sandbox's network are told apart. With `--offline`
//! nothing here sends a byte.

mod dns;
pub(super) mod http;
mod registry;

pub use dns::host_names;
pub use http::answers_ok;
pub use registry::registries;
