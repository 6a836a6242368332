//! The program: hooks, parse, dispatch, exit code. Everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic hook for bugs: the report goes to stderr, with how to tell us.
    let hooks = color_eyre::config::HookBuilder::default()
        .display_env_section(false)
        .panic_section("This is a bug in clawdoctor. Please report it with the lines above.")
        .install();
    if hooks.is_err() {
        return ExitCode::from(clawdoctor::exit::INCONCLUSIVE);
    }
    ExitCode::from(clawdoctor::cli::run(std::env::args_os()))
}
