//! Sizes as the Docker CLI takes them in `--memory` and `--memory-swap`
//! (<https://github.com/docker/go-units/blob/master/size.go>, `RAMInBytes`). Pure.

use serde_json::Value;

/// `512m`, `1.5g`, `1 GiB`, `536870912`: binary units whatever the spelling.
pub fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ')?;
    let (number, unit) = text.split_at(end + 1);
    let number: f64 = number.trim_end().parse().ok()?;
    let unit = unit.to_lowercase();
    let mut letters = unit.chars();
    let exponent = match letters.next() {
        None | Some('b') => 0,
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some('p') => 5,
        Some(_) => return None,
    };
    let rest = letters.as_str();
    if !(rest.is_empty() || exponent > 0 && (rest == "b" || rest == "ib")) {
        return None;
    }
    let bytes = number * 1024_f64.powi(exponent);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be positive and far below 2^63; Docker cuts the fraction as well"
    )]
    (bytes.is_finite() && (0.0..9e18).contains(&bytes)).then_some(bytes as u64)
}

/// A number without a fraction, however it is written (`256`, `256.0`).
pub fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked: a whole number in range"
        )]
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_docker_reads_them() {
        let table = [
            ("512m", Some(536_870_912)),
            ("512MB", Some(536_870_912)),
            ("512MiB", Some(536_870_912)),
            (" 1g ", Some(1 << 30)),
            ("1.5g", Some(3 << 29)),
            ("1 GiB", Some(1 << 30)),
            ("512", Some(512)),
            ("10b", Some(10)),
            ("10bb", None),
            ("-1", None),
            ("", None),
            ("m", None),
            ("1x", None),
            ("1mm", None),
            ("lots", None),
            ("1e400", None),
            ("99999999p", None),
        ];
        for (text, expected) in table {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        assert_eq!(whole(&serde_json::json!(256.0)), Some(256));
        assert_eq!(whole(&serde_json::json!(0.5)), None);
        assert_eq!(whole(&serde_json::json!(1e300)), None);
    }
}
