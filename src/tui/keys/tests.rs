use crossterm::event::{KeyCode, KeyModifiers};
use proptest::prelude::*;

use super::place::{Place, Section};
use super::rebinding::all;
use super::*;
use crate::settings::{App, Keys};

/// `[app.keys]` as it stands in a file.
fn keys(text: &str) -> Keys {
    #[derive(serde::Deserialize)]
    struct File {
        app: App,
    }
    let file: File = toml::from_str(text).expect("TOML of the right shape");
    file.app.keys
}

fn keymap(text: &str) -> Keymap {
    Keymap::of(&keys(text)).unwrap_or_else(|wrong| panic!("{text}: {wrong:#?}"))
}

/// What is wrong, each with the line and the text that it is about.
fn wrong(text: &str) -> String {
    let mistakes = Keymap::of(&keys(text)).expect_err(text);
    let told = mistakes.iter().map(|mistake| {
        let line = text[..mistake.at.start].matches('\n').count() + 1;
        format!("{line} {}: {}\n", &text[mistake.at.clone()], mistake.words)
    });
    told.collect()
}

fn of_player(keymap: &Keymap, place: Place) -> Vec<Chord> {
    let player = keymap.of_player(place);
    player.flat_map(|one| one.chords.clone()).collect()
}

/// What must hold for every table, whatever settings say.
fn is_sound(keymap: &Keymap) {
    for place in Place::ALL {
        for chords in [
            keymap
                .here(place)
                .flat_map(|one| one.chords.clone())
                .collect(),
            of_player(keymap, place),
        ] {
            for (index, chord) in chords.iter().enumerate() {
                assert!(!chords[..index].contains(chord), "{place:?} {chord:?}");
            }
        }
        let leave = keymap.command(place, Chord::ctrl('c'));
        assert_eq!(leave, Some(Command::Interrupt), "{place:?}");
        let player = of_player(keymap, place);
        let reached = |command| {
            let mut here = keymap.here(place);
            here.any(|one| {
                let is_free = |chord: &&Chord| !player.contains(chord);
                one.command == command && one.chords.iter().any(|chord| is_free(&chord))
            })
        };
        assert!(reached(Command::Back), "{place:?}");
        if rows().any(|row| row.command == Command::Help && row.places.contains(&place)) {
            assert!(reached(Command::Help), "{place:?}");
        }
        if place.is_typed_in() {
            let mut here = keymap.here(place).flat_map(|one| &one.chords);
            assert!(!here.any(|chord| chord.is_typed()), "{place:?}");
        }
    }
}

#[test]
fn without_settings_no_key_means_two_things_and_one_can_leave_from_everywhere() {
    let keymap = Keymap::default();
    is_sound(&keymap);
    for place in Place::ALL {
        let back = keymap.command(place, Chord::plain(KeyCode::Esc));
        assert_eq!(back, Some(Command::Back), "{place:?}");
    }
}

#[test]
fn every_screen_can_be_gone_to_from_every_pane_by_its_digit() {
    let keymap = Keymap::default();
    for (screen, digit) in Screen::ALL.into_iter().zip('1'..) {
        let digit = Chord::char(digit);
        for &place in SCREENS.iter().chain(live::PANES) {
            let command = keymap.command(place, digit);
            assert_eq!(command, Some(Command::Go(screen)), "{place:?}");
        }
    }
}

#[test]
fn letters_are_typed_while_a_filter_is() {
    for c in "qrnahjkl/?123sgdHxt<>".chars() {
        let command = Keymap::default().command(Place::Filter, Chord::char(c));
        assert_eq!(command, None, "{c}");
    }
}

#[test]
fn with_shift_a_key_means_the_same_unless_it_means_something_of_its_own() {
    let shifted = |code| Chord {
        code,
        modifiers: KeyModifiers::SHIFT,
    };
    let keymap = keymap("[app.keys]\ntop = \"shift-up\"\n");
    let command = |code| keymap.command(Place::List, shifted(code));
    assert_eq!(command(KeyCode::Down), Some(Command::Down));
    assert_eq!(command(KeyCode::Up), Some(Command::Top));
}

#[test]
fn words_are_kebab_case_and_no_section_is_called_as_a_command() {
    for (row, ..) in all() {
        let is_kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(row.word.chars().all(is_kebab), "{}", row.word);
        assert!(row.word.len() > 1, "{} is a key", row.word);
        let mut sections = Section::ALL.into_iter();
        assert!(!sections.any(|one| one.word() == row.word), "{}", row.word);
    }
}

#[test]
fn a_word_means_one_thing_in_each_place() {
    for (row, place, section) in all() {
        let mut others = all();
        let differs = others.any(|(other, at, of)| {
            other.word == row.word && (at, of) == (place, section) && other.command != row.command
        });
        assert!(!differs, "{} {place:?}", row.word);
    }
}

#[test]
fn keys_of_the_settings_take_the_place_of_ours_wherever_the_command_is() {
    let keymap = keymap("[app.keys]\nnext-problem = [\"F2\", \"alt-n\"]\nfix-safe = []\n");
    let f2 = Chord::plain(KeyCode::F(2));
    for place in [Place::List, Place::Picture, Place::Table, Place::Timeline] {
        assert_eq!(keymap.command(place, f2), Some(Command::NextProblem));
        assert_eq!(keymap.command(place, Chord::char('n')), None, "{place:?}");
    }
    // In the logs `n` is another command.
    let newer = keymap.command(Place::Log, Chord::char('n'));
    assert_eq!(newer, Some(Command::NextProblem));
    assert_eq!(keymap.command(Place::List, Chord::char('F')), None);
    assert!(keymap.here(Place::List).all(|one| one.word != "fix-safe"));
    let first = keymap.first(Place::Table, Command::NextProblem);
    assert_eq!(first, Some("F2"));
}

#[test]
fn the_keys_of_one_place_hold_there_alone_and_go_before_those_for_all() {
    let text = "[app.keys]\ndown = \"D\"\n[app.keys.log]\ndown = [\"ctrl-n\"]\n";
    let keymap = keymap(text);
    assert_eq!(
        keymap.command(Place::List, Chord::char('D')),
        Some(Command::Down)
    );
    assert_eq!(keymap.command(Place::Log, Chord::char('D')), None);
    assert_eq!(
        keymap.command(Place::Log, Chord::ctrl('n')),
        Some(Command::Down)
    );
}

#[test]
fn where_one_types_characters_stay_text() {
    let keymap = keymap("[app.keys]\nback = \"b\"\nup = [\"W\", \"ctrl-p\"]\n");
    assert_eq!(
        keymap.command(Place::List, Chord::char('b')),
        Some(Command::Back)
    );
    assert_eq!(keymap.command(Place::Filter, Chord::char('b')), None);
    // Of ours those stay that are no characters, as long as there is no other.
    let back = keymap.command(Place::Filter, Chord::plain(KeyCode::Esc));
    assert_eq!(back, Some(Command::Back));
    assert_eq!(
        keymap.command(Place::Filter, Chord::ctrl('p')),
        Some(Command::Up)
    );
    assert_eq!(
        keymap.command(Place::Filter, Chord::plain(KeyCode::Up)),
        None
    );
    is_sound(&keymap);
}

#[test]
fn two_rows_of_one_command_in_one_place_become_one() {
    let keymap = keymap("[app.keys]\npage-down = \"ctrl-f\"\n");
    let count = |place| {
        let here = keymap.here(place);
        here.filter(|one| one.word == "page-down").count()
    };
    assert_eq!((count(Place::Picture), count(Place::Help)), (1, 1));
    assert_eq!(keymap.command(Place::Help, Chord::char(' ')), None);
}

#[test]
fn keys_of_the_player_are_set_like_the_others() {
    let keymap = keymap("[app.keys]\nplay-pause = \"P\"\n");
    let play = keymap.player(Place::Table, Chord::char('P'));
    assert_eq!(play, Some(Command::Play(Deck::Toggle)));
    assert_eq!(keymap.player(Place::Table, Chord::char(' ')), None);
}

#[test]
fn every_mistake_says_what_where_and_how_to_go_on() {
    let cases = [
        "[app.keys]\nrechek = \"F5\"\n",
        "[app.keys]\nwibble = \"F5\"\n",
        "[app.keys.checklist]\nlogs = \"L\"\n",
        "[app.keys.checklist]\nfixx = \"L\"\n",
        "[app.keys.dashbord]\nlogs = \"L\"\n",
        "[app.keys]\nfix = \"contrl-x\"\nundo = [\"U\", \"ctrl-i\"]\n",
        "[app.keys]\nfix = \"r\"\n",
        "[app.keys]\nfix = \"F6\"\nmark = [\"F6\"]\n",
        "[app.keys]\nsort-next = \"n\"\n",
        "[app.keys]\nfix = \"?\"\n",
        "[app.keys]\nlogs = \"ctrl-c\"\n",
        "[app.keys]\ninterrupt = \"ctrl-q\"\n",
        "[app.keys]\nhelp = []\nback = []\n",
        "[app.keys.dialogs]\nback = []\n",
        "[app.keys]\nerase = \"x\"\n",
        "[app.keys.typing]\nup = \"w\"\n",
        "[app.keys]\nplay-pause = \"q\"\n",
        "[app.keys]\nback = [\"space\"]\n",
        // All that is wrong is told at once, in the order of the file.
        "[app.keys]\nfix = \"r\"\nwibble = \"x\"\nundo = \"F99\"\nhelp = []\n",
    ];
    let told: Vec<String> = cases
        .iter()
        .map(|text| format!("{text}{}", wrong(text)))
        .collect();
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("keys_mistakes", told.join("\n")));
}

/// A line of settings: a command, whether for its place alone, and keys.
fn line() -> impl Strategy<Value = (usize, bool, Vec<String>)> {
    let named = prop::sample::select(vec![
        "F2", "F3", "F4", "F6", "F7", "tab", "enter", "esc", "space", "up", "pgdn", "ctrl-c",
        "home",
    ]);
    let key = prop_oneof![
        2 => "[a-zA-Z0-9/?<>=.+]",
        1 => "(ctrl|alt)-[a-z]",
        2 => named.prop_map(str::to_owned),
    ];
    let count = all().count();
    (0..count, any::<bool>(), prop::collection::vec(key, 0..3))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn whatever_settings_say_a_table_that_is_taken_is_sound(
        lines in prop::collection::vec(line(), 0..4)
    ) {
        let commands: Vec<_> = all().collect();
        let mut keys = Keys::new();
        for (index, alone, chords) in lines {
            let (row, _, section) = &commands[index];
            let word = |text: &str| toml::Spanned::new(index..index + 1, text.to_owned());
            let list = crate::settings::KeyList::Many(chords.iter().map(|key| word(key)).collect());
            let at = index..index + 1;
            if alone {
                let of_place = [(word(row.word), toml::Spanned::new(at.clone(), list))];
                let entry = crate::settings::Entry::Place(of_place.into());
                keys.insert(word(section.word()), toml::Spanned::new(at, entry));
            } else {
                let entry = crate::settings::Entry::Keys(list);
                keys.insert(word(row.word), toml::Spanned::new(at, entry));
            }
        }
        if let Ok(keymap) = Keymap::of(&keys) {
            is_sound(&keymap);
        }
    }
}
