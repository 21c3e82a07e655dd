//! Components that give one fixed answer each: what no policy written against a guest library would say.
//!
//! The answers lie in memory as the canonical ABI lays them out, and every hook returns a pointer to its own.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What `merge` does.
pub enum Merge<'a> {
    /// Answers a plan: the patches of `user_metadata` and `app_metadata`, and what of `user_metadata` is discarded.
    Plan([&'a str; 2], &'a [&'a str]),
    /// Refuses, with a code and a message.
    Refuse([&'a str; 2]),
    /// Logs a text and refuses.
    LogAndRefuse(&'a str),
    /// Traps.
    Trap,
    /// Never returns.
    Loop,
}

/// A component with that `merge`, which suggests `suggested` whatever was found.
pub fn component(merge: &Merge<'_>, suggested: &[&str]) -> Vec<u8> {
    let mut data = Data(vec![0; 16]);
    let merge = merge_body(&mut data, merge);
    let select = data.suggestions(suggested);
    let describe = data.description();
    let bytes: String = data.0.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let module = format!(
        r#"(module
            (import "conjoin:policy/host@1.0.0" "log" (func $log (param i32 i32 i32)))
            (memory (export "memory") 16)
            (global $free (mut i32) (i32.const 524288))
            (data (i32.const 0) "{bytes}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                (global.set $free (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
            (func (export "conjoin:policy/hooks@1.0.0#describe") (result i32) i32.const {describe})
            (func (export "conjoin:policy/hooks@1.0.0#select-candidates") (param i32) (result i32) i32.const {select})
            (func (export "conjoin:policy/hooks@1.0.0#merge") (param i32) (result i32) {merge}))"#
    );
    encode(&module)
}

fn merge_body(data: &mut Data, merge: &Merge<'_>) -> String {
    match merge {
        Merge::Plan(patches, discard) => {
            let [user, app] = patches.map(|patch| data.text(patch));
            let discard = data.texts(discard);
            let plan = [0, user[0], user[1], app[0], app[1], discard[0], discard[1], 0, 0];
            format!("i32.const {}", data.words(&plan))
        }
        Merge::Refuse(refusal) => format!("i32.const {}", data.refusal(refusal)),
        Merge::LogAndRefuse(text) => {
            let [at, length] = data.text(text);
            let refusal = data.refusal(&["logged", "It was logged."]);
            format!("(call $log (i32.const 2) (i32.const {at}) (i32.const {length})) i32.const {refusal}")
        }
        Merge::Trap => "unreachable".to_owned(),
        Merge::Loop => "(loop (br 0)) unreachable".to_owned(),
    }
}

fn encode(module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
    let (package, _) = resolve.push_dir(contract).unwrap();
    let world = resolve.select_world(&[package], Some("policy")).unwrap();
    let mut module = wat::parse_str(module).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default()
        .module(&module)
        .unwrap()
        .validate(true)
        .encode()
        .unwrap()
}

/// The module's memory from address 0.
struct Data(Vec<u8>);

impl Data {
    /// Pointer and length.
    fn text(&mut self, text: &str) -> [u32; 2] {
        let at = self.0.len();
        self.0.extend_from_slice(text.as_bytes());
        [at, text.len()].map(|word| u32::try_from(word).unwrap())
    }

    fn texts(&mut self, texts: &[&str]) -> [u32; 2] {
        let items: Vec<u32> = texts.iter().flat_map(|text| self.text(text)).collect();
        [self.words(&items), u32::try_from(texts.len()).unwrap()]
    }

    /// The address of aligned words.
    fn words(&mut self, words: &[u32]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = self.0.len();
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        u32::try_from(at).unwrap()
    }

    /// `result::err(failure::refused({code, message}))`, as long as the longest answer.
    fn refusal(&mut self, refusal: &[&str; 2]) -> u32 {
        let [code, message] = refusal.map(|text| self.text(text));
        self.words(&[1, 0, code[0], code[1], message[0], message[1], 0, 0, 0])
    }

    /// `result::ok([{user-id, primary: found, reason: ""}])`, with room for the error case.
    fn suggestions(&mut self, user_ids: &[&str]) -> u32 {
        let items: Vec<u32> = user_ids
            .iter()
            .flat_map(|user_id| {
                let [at, length] = self.text(user_id);
                [at, length, 1, 0, 0]
            })
            .collect();
        let list = self.words(&items);
        self.words(&[0, list, u32::try_from(user_ids.len()).unwrap(), 0, 0, 0])
    }

    fn description(&mut self) -> u32 {
        let texts = ["fixed", "1.0.0", "Answers one thing.", "{}"].map(|text| self.text(text));
        let words: Vec<u32> = texts.into_iter().flatten().chain([0, 0]).collect();
        self.words(&words)
    }
}
