//! Text to types: no `cfg`, no I/O. What the tools of any platform print is read here, so that it
//! is tested on every platform with recorded outputs (`tests/recorded/`).

pub mod dpkg;
pub mod linux;
pub mod login;
pub mod npmrc;
pub mod power;
pub mod sysctl;
pub mod versions;

use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// There was an answer, and it is not what was expected.
fn odd(what: &str, text: &str) -> Why {
    let text = wash(text, 80);
    let said = if text.is_empty() {
        "it says nothing".to_owned()
    } else {
        format!("it says \"{text}\"")
    };
    Why::new(WhyKind::Unparsable, format!("{what}: {said}"))
}

#[cfg(test)]
mod tests {
    use super::{dpkg, linux, login, npmrc, power, sysctl, versions};

    proptest::proptest! {
        /// Whatever a tool prints, a reader gives a value or a reason.
        #[test]
        fn no_text_makes_a_reader_panic(
            text in "(?s)(([a-zA-Z_.0-9 ]{0,20}[:=] ?)?.{0,40}\n){0,8}"
        ) {
            let _ = linux::meminfo(&text);
            let _ = linux::stalls(&text);
            let _ = linux::load(&text);
            let _ = linux::uptime(&text);
            let _ = linux::cpu(&text);
            let _ = login::filevault(&text);
            let _ = login::automatic_user(Some(1), &text, &text);
            let _ = power::pmset(&text);
            let _ = dpkg::installed(text.lines().map(str::to_owned), &["npm"]);
            let _ = npmrc::prefix(&text, std::path::Path::new("/home/u"));
            let _ = versions::sw_vers(&text);
            let _ = versions::os_release(&text);
            let values = sysctl::sysctl(&text);
            let _ = (values.memory(), values.cpu(), values.load());
        }

        #[test]
        fn no_number_makes_a_reader_panic(number in "[0-9.,]{0,24}[MGk]?") {
            let text = format!(
                "vm.swapusage: used = {number}\nkern.boottime: {{ sec = {number}, usec = 0 }}\n\
                 vm.loadavg: {{ {number} {number} {number} }}"
            );
            let values = sysctl::sysctl(&text);
            let _ = (values.swap_used(), values.booted_at(), values.load());
            let _ = linux::meminfo(&format!("MemTotal: {number} kB"));
            let _ = power::pmset(&format!("AC Power:\n sleep {number}"));
        }
    }
}
