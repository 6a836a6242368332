//! The command line of `headroom`.

use clap::Args as Group;

pub const HEADROOM_AFTER: &str = "\
Examples:
  clawdoctor headroom             how many more fit, how that is reckoned, what would add some
  clawdoctor headroom --need 4    and whether four do
  clawdoctor headroom --json

Exit codes: 0 when as many fit as are needed, 1 when not, 2 when it is not known.";

#[derive(Clone, Debug, Group)]
pub struct HeadroomArgs {
    /// How many more sandboxes are to fit
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub need: u64,
    /// Reckon for a recorded node instead of this one (- reads standard input)
    #[arg(long, value_name = "FILE")]
    pub facts: Option<String>,
    /// The container that the gateway runs in, where it is not found by itself
    #[arg(long = "in", value_name = "CONTAINER")]
    pub gateway_container: Option<String>,
}
