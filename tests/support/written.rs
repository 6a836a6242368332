//! What was written to a terminal, taken apart: everything that a terminal would obey rather than
//! show. Bytes that are neither text nor a sequence of our own are told.

/// One thing that a terminal obeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    Bell,
    /// `ESC ] words BEL`
    Osc(String),
    /// `ESC [ parameters final`
    Csi(String),
}

/// What the app itself ever sends: cursor, colours, erasing, modes, and the title with its stack.
fn is_ours(order: &Order) -> bool {
    match order {
        Order::Bell => true,
        Order::Osc(words) => ["0;", "9;clawdoctor: "]
            .iter()
            .any(|ours| words.starts_with(ours)),
        Order::Csi(body) => {
            let (parameters, last) = body.split_at(body.len().saturating_sub(1));
            let numbers = parameters
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, ';' | ':'));
            match last {
                "H" | "m" => numbers,
                "J" => parameters == "2",
                "h" | "l" => MODES.contains(&parameters),
                "t" => ["22;0", "23;0"].contains(&parameters),
                _ => false,
            }
        }
    }
}

/// The alternate screen, the cursor, the ways in which a mouse is told, that what is pasted is told
/// as such, and where a frame begins and ends.
const MODES: [&str; 9] = [
    "?1049", "?25", "?1000", "?1002", "?1003", "?1006", "?1015", "?2004", "?2026",
];

/// All orders, in their order; or the first thing that is none of ours.
pub fn orders(raw: &[u8]) -> Result<Vec<Order>, String> {
    let text = String::from_utf8_lossy(raw);
    let mut rest = text.chars();
    let mut orders = Vec::new();
    while let Some(c) = rest.next() {
        let order = match c {
            '\u{7}' => Order::Bell,
            '\u{1b}' => match sequence(&mut rest)? {
                Some(order) => order,
                None => break,
            },
            '\r' | '\n' => continue,
            c if c.is_control() || is_hidden(c) => return Err(format!("{c:?} was written")),
            _ => continue,
        };
        if !is_ours(&order) {
            return Err(format!("{order:?} is none of ours"));
        }
        orders.push(order);
    }
    Ok(orders)
}

/// What follows an escape; nothing for one that was still on its way when it was looked at.
fn sequence(rest: &mut std::str::Chars<'_>) -> Result<Option<Order>, String> {
    match rest.next() {
        Some('[') => {
            let mut body = String::new();
            for c in rest.by_ref() {
                body.push(c);
                match c {
                    '\u{40}'..='\u{7e}' => return Ok(Some(Order::Csi(body))),
                    '\u{20}'..='\u{3f}' => {}
                    _ => return Err(format!("a sequence that is none: {body:?}")),
                }
            }
            Ok(None)
        }
        Some(']') => {
            let mut words = String::new();
            for c in rest.by_ref() {
                match c {
                    '\u{7}' => return Ok(Some(Order::Osc(words))),
                    c if c.is_control() => return Err(format!("{c:?} in {words:?}")),
                    c => words.push(c),
                }
            }
            Ok(None)
        }
        other => Err(format!("an escape before {other:?}")),
    }
}

/// What reorders or hides text.
fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// As it would be with any other number, unit and length of time in it: `#` for each word that has
/// a digit, blanks and the symbols of bars left out.
pub fn without_figures(text: &str) -> Vec<String> {
    let bar = |c: char| matches!(c, '░' | '█' | '▏' | '▁'..='▇');
    let word = |word: &str| match word {
        word if word.contains(|c: char| c.is_ascii_digit()) => "#".to_owned(),
        word => word.trim_matches(bar).to_owned(),
    };
    text.lines()
        .map(|line| {
            let words = line.split_whitespace().map(word);
            let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
            words.join(" ")
        })
        .collect()
}
