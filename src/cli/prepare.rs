//! From the command line, the environment and the operator's folder to what a run needs.
#![expect(
    clippy::disallowed_methods,
    reason = "reads the operator's settings and keeps the node's id: the edge of the command line"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{recorder, whose};
use crate::checklist::catalog::{self, Catalog};
use crate::checklist::check::Check;
use crate::checklist::id::{AREAS, CheckId, PREFIX};
use crate::checklist::judge::Judge;
use crate::checklist::waiver::{self, Waiver};
use crate::facts::Section;
use crate::failure::Failure;
use crate::probe::World;
use crate::redact::Redactor;
use crate::settings::Settings;
use crate::surroundings::Surroundings;
use crate::text::wash;
use crate::tui::{Habits, Mistake};

/// What the command line asks of a run.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub only: Vec<String>,
    pub skip: Vec<String>,
    pub offline: bool,
    pub passive: bool,
    pub deep: bool,
    /// Also how much sandboxes wrote into their own layers.
    pub layers: bool,
    pub gateway_container: Option<String>,
    pub node_id: Option<String>,
}

/// All that a run is made of, checked before anything is asked of the world.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub catalog: Arc<Catalog>,
    pub waivers: Vec<Waiver>,
    pub selected: BTreeSet<CheckId>,
    /// The sections to gather, with their time.
    pub budgets: BTreeMap<Section, Duration>,
    pub world: World,
    pub habits: Habits,
}

impl Prepared {
    /// What hides names and secrets in documents, unless the operator wants them as they are.
    pub fn redactor(&self, redact: bool) -> Option<Redactor> {
        redact.then(|| Redactor::new(&self.world.operator, &self.world.hostname))
    }
}

/// Reads the operator's folder and prepares a run.
pub fn plan(wish: &Wish, here: &Surroundings) -> Result<Prepared, Failure> {
    let config_dir = here.config_dir();
    let catalog = Catalog::load(&config_dir)?;
    let (settings, habits) = settings(&config_dir, here)?;
    let waivers = waivers(&config_dir, &catalog)?;
    let selected = chosen(&catalog, wish)?;
    let wanted = catalog.closure(selected.iter().cloned());
    let mut world = World {
        operator: here.clone(),
        settings,
        offline: wish.offline,
        passive: wish.passive,
        deep: wish.deep,
        layers: wish.layers,
        gateway_container: wish.gateway_container.clone(),
        hostname: hostname(),
        node_id: wish.node_id.clone().unwrap_or_else(|| node_id(here)),
        run_id: random_hex(),
        questions: catalog.questions(&wanted),
        ..World::default()
    };
    for check in catalog.checks() {
        match &check.spec.judge {
            Judge::ImageTools(params) => world.tools.clone_from(&params.tools),
            Judge::SandboxEgress(params) => world.blocked.clone_from(&params.blocked),
            Judge::SandboxEngineApiExposed(params) => world.engine_ports.clone_from(&params.ports),
            _ => {}
        }
    }
    Ok(Prepared {
        budgets: catalog.sections(&wanted),
        catalog: Arc::new(catalog),
        waivers,
        selected,
        world,
        habits,
    })
}

/// The operator's settings; the environment wins over the file.
pub fn settings(config_dir: &Path, here: &Surroundings) -> Result<(Settings, Habits), Failure> {
    let path = config_dir.join("clawdoctor.toml");
    let text = read(&path)?.unwrap_or_default();
    let mut settings: Settings = catalog::read(&path.display().to_string(), &text)?;
    let habits = Habits::of(&settings.app, &settings.watch)
        .map_err(|mistakes| refused(&path, &text, &mistakes))?;
    if let Some(mistake) = settings.mistake() {
        return Err(Failure::usage(format!("{}: {mistake}", path.display())));
    }
    recorder::most(&settings).map_err(|mistake| {
        Failure::usage(format!("{}: recorder.size: {mistake}", path.display()))
    })?;
    let list = |text: &str| -> Vec<String> {
        let words = text.split(',').map(str::trim);
        words
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    if let Some(names) = here.var("CLAWDOCTOR_DNS_NAMES") {
        settings.dns.names = list(names);
    }
    if let Some(servers) = here.var("CLAWDOCTOR_DNS_SERVERS") {
        settings.dns.servers = list(servers);
    }
    if let Some(theme) = here.var("CLAWDOCTOR_THEME") {
        let theme = theme.parse().map_err(|mistake| {
            Failure::usage(format!("the environment's CLAWDOCTOR_THEME: {mistake}"))
        })?;
        settings.app.theme = theme;
    }
    if let Some(word) = here.var("CLAWDOCTOR_READ_ONLY") {
        settings.watch.read_only = switch(word).ok_or_else(|| {
            Failure::usage(format!(
                "the environment's CLAWDOCTOR_READ_ONLY: `{}` is not 1 or 0",
                wash(word, 40)
            ))
        })?;
    }
    Ok((settings, habits))
}

/// All that is wrong with the words for the app, each with its place.
fn refused(path: &Path, text: &str, mistakes: &[Mistake]) -> Failure {
    let told = mistakes.iter().map(|mistake| {
        let (line, column) = catalog::position(text, mistake.at.start);
        format!("{}:{line}:{column}: {}", path.display(), mistake.words)
    });
    let mut told: Vec<String> = told.collect();
    let mut failure = Failure::usage(told.remove(0));
    failure.more = told;
    if mistakes.iter().any(|one| one.words.starts_with("app.keys")) {
        return failure.hint("`clawdoctor keys --defaults` lists all commands and their keys");
    }
    failure
}

/// What a variable that switches something says.
fn switch(word: &str) -> Option<bool> {
    match word {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// The operator's waivers; none when there is no file.
pub fn waivers(config_dir: &Path, catalog: &Catalog) -> Result<Vec<Waiver>, Failure> {
    let path = config_dir.join("waivers.toml");
    match read(&path)? {
        Some(text) => waiver::parse(&path.display().to_string(), &text, catalog),
        None => Ok(Vec::new()),
    }
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::input(format!("cannot read {}", path.display())).cause(error)),
    }
}

/// The checks that the patterns choose. A pattern that matches nothing is a mistake, not a wish.
pub fn select(
    catalog: &Catalog,
    only: &[String],
    skip: &[String],
) -> Result<BTreeSet<CheckId>, Failure> {
    let ids = || catalog.checks().iter().map(|check| check.id.clone());
    let wanted = globs(catalog, "--only", only)?;
    let unwanted = globs(catalog, "--skip", skip)?;
    let selected: BTreeSet<CheckId> = ids()
        .filter(|id| only.is_empty() || wanted.is_match(id.as_str()))
        .filter(|id| !unwanted.is_match(id.as_str()))
        .collect();
    if selected.is_empty() {
        let failure = Failure::usage("--only and --skip leave no check to make");
        return Err(failure.hint("take one of the patterns away"));
    }
    Ok(selected)
}

/// The checks that a run is asked for. What is asked with `--deep` alone is left out without it;
/// who named nothing else is told so.
pub fn chosen(catalog: &Catalog, wish: &Wish) -> Result<BTreeSet<CheckId>, Failure> {
    let mut selected = select(catalog, &wish.only, &wish.skip)?;
    if wish.deep {
        return Ok(selected);
    }
    let asks = |id: &CheckId| catalog.find(id).is_some_and(is_deep);
    selected.retain(|id| !asks(id));
    if selected.is_empty() {
        let failure = Failure::usage("what --only and --skip leave is asked with --deep alone");
        return Err(failure.hint("add --deep: it takes some ten seconds"));
    }
    Ok(selected)
}

fn is_deep(check: &Check) -> bool {
    check.spec.judge.sections().contains(&Section::Doctor)
}

/// The checks that ids, areas and patterns name, all of them when there are none.
pub fn named(catalog: &Catalog, ids: &[String]) -> Result<BTreeSet<CheckId>, Failure> {
    let wanted = globs(catalog, "ID", ids)?;
    let all = catalog.checks().iter().map(|check| check.id.clone());
    Ok(all
        .filter(|id| ids.is_empty() || wanted.is_match(id.as_str()))
        .collect())
}

fn globs(catalog: &Catalog, flag: &str, patterns: &[String]) -> Result<GlobSet, Failure> {
    let mut set = GlobSetBuilder::new();
    for written in patterns.iter().flat_map(|pattern| pattern.split(',')) {
        let short = written.strip_prefix(PREFIX).unwrap_or(written);
        let pattern = if AREAS.contains(&short) {
            format!("{short}/*")
        } else {
            short.to_owned()
        };
        let glob = GlobBuilder::new(&pattern)
            .literal_separator(false)
            .build()
            .map_err(|error| {
                Failure::usage(format!("{flag}: `{written}` is not a pattern"))
                    .cause(error.kind())
                    .hint("write an area, an id, or a pattern like '*/memory'")
            })?;
        let matcher = glob.compile_matcher();
        if !catalog
            .checks()
            .iter()
            .any(|check| matcher.is_match(check.id.as_str()))
        {
            let failure = Failure::usage(format!("{flag}: no check is called `{written}`"));
            return Err(match catalog.nearest(short) {
                Some(id) => failure.hint(format!("did you mean `{id}`?")),
                None => failure.hint("`clawdoctor list` shows all checks"),
            });
        }
        set.add(glob);
    }
    set.build()
        .map_err(|error| Failure::usage(format!("{flag}: the patterns are too many")).cause(error))
}

/// What the machine calls itself.
pub fn hostname() -> String {
    nix::unistd::gethostname()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// A random name for this node, made once and kept in the state folder, so that reports of one
/// node belong together and say nothing about it. Where the folder cannot be written, a new one
/// for each run.
fn node_id(here: &Surroundings) -> String {
    let folder = here.state_dir();
    let path = folder.join("node-id");
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let kept = kept.trim();
    if kept.len() == 16 && kept.bytes().all(|b| b.is_ascii_hexdigit()) {
        return kept.to_owned();
    }
    let fresh = random_hex();
    if whose::foreign(here).is_some() {
        // Root keeps nothing in a user's folder.
        return fresh;
    }
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder);
    if made.is_ok() {
        // On a full disk there is none; half of one would be none for ever.
        super::check::keep(&path, &format!("{fresh}\n")).unwrap_or(());
    }
    fresh
}

/// Sixteen hex digits that no other run has.
fn random_hex() -> String {
    use std::hash::{BuildHasher as _, Hasher as _};
    // The standard library seeds each of these from the system's random source.
    let hasher = std::collections::hash_map::RandomState::new().build_hasher();
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_makes_the_dashboard_read_only_or_says_what_is_wrong() {
        let with = |word: &str| {
            let mut here = Surroundings::default();
            let name = "CLAWDOCTOR_READ_ONLY".to_owned();
            here.env.insert(name, word.to_owned());
            settings(Path::new("/nowhere"), &here)
        };
        for (word, is_on) in [("1", true), ("yes", true), ("0", false), ("", false)] {
            let (settings, _) = with(word).expect(word);
            assert_eq!(settings.watch.read_only, is_on, "{word}");
        }
        let failure = with("maybe").expect_err("no switch");
        assert!(failure.to_string().contains("CLAWDOCTOR_READ_ONLY"));
    }

    fn chosen(only: &[&str], skip: &[&str]) -> Result<Vec<String>, Failure> {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let catalog = Catalog::built_in().expect("our own files");
        let set = select(&catalog, &own(only), &own(skip))?;
        Ok(set.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn patterns_areas_lists_and_full_ids_choose_checks() {
        assert_eq!(
            chosen(&["net"], &[]).expect("an area"),
            ["net/host-dns", "net/registry"]
        );
        assert_eq!(
            chosen(&["clawdoctor/net/host-dns"], &[]).expect("full"),
            ["net/host-dns"]
        );
        assert_eq!(
            chosen(&["net/*"], &["*/registry"]).expect("globs"),
            ["net/host-dns"]
        );
        assert_eq!(
            chosen(&["host/cpu,net/registry"], &[]).expect("a list"),
            ["host/cpu", "net/registry"]
        );
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_refused_with_a_suggestion() {
        let failure = chosen(&["docker/runing"], &[]).expect_err("misspelt");
        assert_eq!(failure.hints, ["did you mean `docker/running`?"]);
        assert!(chosen(&[], &["[x"]).is_err());
    }

    #[test]
    fn patterns_that_leave_nothing_are_refused() {
        let failure = chosen(&["net"], &["net/*"]).expect_err("nothing is left");
        assert!(failure.message.contains("no check"), "{failure}");
    }
}
