//! The numbered tests of the workspace, by their names.

use std::path::Path;

/// One test under one of its numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberedTest {
    /// `s07`.
    pub number: String,
    /// From the workspace's folder.
    pub file: String,
    pub function: String,
}

/// Every numbered test, sorted; one with several numbers once for each.
pub fn numbered_tests(root: &Path) -> Vec<NumberedTest> {
    let mut tests = Vec::new();
    for folder in ["guest", "host", "policies", "tests"] {
        collect(root, &root.join(folder), &mut tests);
    }
    tests.sort();
    tests
}

fn collect(root: &Path, folder: &Path, tests: &mut Vec<NumberedTest>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" {
                collect(root, &path, tests);
            }
        } else if name.ends_with(".rs") {
            let file = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).unwrap();
            for function in functions(&source) {
                for number in numbers(&function) {
                    let (file, function) = (file.clone(), function.clone());
                    tests.push(NumberedTest { number, file, function });
                }
            }
        }
    }
}

/// The names of a file's tests: functions with a test attribute, and those that take a database, which a macro calls.
fn functions(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim_start) {
        if line.starts_with("#[") {
            is_test |= line.contains("test");
            continue;
        }
        let declared = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some((name, parameters)) = declared.and_then(|declared| declared.split_once('('))
            && (is_test || parameters.starts_with("database: Database)"))
        {
            names.push(name.to_owned());
        }
        is_test = false;
    }
    names
}

/// The numbers that a name begins with: `a36_s29_two_tabs` has two.
fn numbers(function: &str) -> Vec<String> {
    let is_number = |word: &&str| {
        let mut characters = word.chars();
        matches!(characters.next(), Some('s' | 'a'))
            && word.len() == 3
            && characters.all(|character| character.is_ascii_digit())
    };
    function.split('_').take_while(is_number).map(str::to_owned).collect()
}

#[test]
fn tests_are_found_with_all_their_numbers_and_nothing_else_is() {
    let source = "
        #[test]
        fn s07_one() {}
        #[tokio::test(flavor = \"multi_thread\")]
        async fn a36_s29_two() {}
        async fn s30_on_both(database: Database) {}
        fn s31_helper(host: &Host) {}
        #[test]
        fn without_a_number() {}
        #[expect(dead_code)]
        fn a01_helper() {}
    ";
    assert_eq!(
        functions(source),
        ["s07_one", "a36_s29_two", "s30_on_both", "without_a_number"]
    );
    assert_eq!(numbers("a36_s29_two"), ["a36", "s29"]);
    assert!(numbers("a64x_no").is_empty() && numbers("sizes_of").is_empty());
}
