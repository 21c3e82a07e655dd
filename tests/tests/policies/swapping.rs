//! A policy is swapped by its file while people are in the middle of a link: who has begun finishes on what they began with.

use std::sync::Arc;

use conjoin_tests::{Browser, Page, flow};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::components::version;
use crate::person::Person;
use crate::watched::Watching;

/// What `joined` makes of the tags of [`with_arrays`].
pub const CONCATENATED: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What `lodash` makes of them.
pub const BY_INDEX: [&str; 3] = ["a", "b", "e"];

/// How many older versions a host keeps loaded.
const KEPT: u8 = 8;

/// Whose arrays tell the two policies apart.
pub fn with_arrays(person: Person) -> Person {
    person
        .own(json!({ "user_metadata": { "tags": ["a", "b"] } }))
        .google(json!({ "user_metadata": { "tags": ["c", "d", "e"] } }))
}

/// The tags that a preview promises.
pub fn shown_tags(review: &Page) -> Vec<String> {
    let shown = review
        .texts("[data-row='user_metadata/tags'] [data-cell=result]")
        .concat();
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"))
}

async fn put(watching: &Watching, name: &str) -> Person {
    with_arrays(Person::named(name)).put(&watching.host.tenant).await
}

fn tags(user: &Value) -> Value {
    user["user_metadata"]["tags"].clone()
}

/// People at each point of the way while `swap` puts `after` in the place of `before`; by the tags that each policy makes.
async fn people_on_the_way(
    before: (&str, &[u8], &[&str]),
    after: (&str, &[u8], &[&str]),
    swap: fn(&Watching, &[u8]),
) -> Watching {
    let (_, component, old_tags) = before;
    let watching = Watching::with(component, &[]).await;
    let host = &watching.host;
    let (looking, choosing, previewing) = (Browser::new(), Browser::new(), Browser::new());
    let looker = put(&watching, "looker").await;
    let chooser = put(&watching, "chooser").await;
    let previewer = put(&watching, "previewer").await;
    let account = looker.sign_in(host, &looking).await;
    let chosen = chooser.sign_in(host, &choosing).await;
    let at_tenant = flow::choose(&choosing, &chosen, "Google").await;
    let preview = previewer.review(host, &previewing).await;

    let (name, component, new_tags) = after;
    let mark = watching.mark();
    swap(&watching, component);
    watching.activated(mark, name).await;

    let joined = previewer.confirm(host, &previewing, &preview).await;
    assert_eq!(tags(&joined), json!(old_tags), "what was shown is what is done");
    assert_eq!(shown_tags(&preview), old_tags);

    let review = flow::enter(&choosing, &at_tenant, &chooser.email()).await;
    assert_eq!(
        shown_tags(&review),
        old_tags,
        "a link under way finishes on the version it began with"
    );
    let joined = chooser.confirm(host, &choosing, &review).await;
    assert_eq!(tags(&joined), json!(old_tags));

    let review = flow::prove(&looking, &account, "Google", &looker.email()).await;
    assert_eq!(
        shown_tags(&review),
        new_tags,
        "a link begins on the version that is active then"
    );
    let joined = put(&watching, "newcomer").await.join(host).await;
    assert_eq!(tags(&joined), json!(new_tags));
    watching
}

#[tokio::test]
async fn s36_a40_a_file_that_is_replaced_counts_for_the_next_sign_in_and_not_for_links_under_way() {
    let joined = ("joined", conjoin_policies::JOINED.component, &CONCATENATED[..]);
    let lodash = ("lodash", conjoin_policies::LODASH.component, &BY_INDEX[..]);
    let watching = people_on_the_way(joined, lodash, Watching::replace).await;
    let log = watching.log_since(0);
    assert!(!log.contains("the policy stays as it was"), "{log}");
}

#[tokio::test]
async fn s36_a40_a_file_that_is_overwritten_where_it_is_counts_in_the_same_way() {
    let lodash = ("lodash", conjoin_policies::LODASH.component, &BY_INDEX[..]);
    let joined = ("joined", conjoin_policies::JOINED.component, &CONCATENATED[..]);
    // The host may see it half written, and says so then; what counts is the end.
    people_on_the_way(lodash, joined, Watching::write).await;
}

#[tokio::test]
async fn swapping_there_and_back_keeps_both() {
    let watching = Watching::with(conjoin_policies::JOINED.component, &[]).await;
    let (host, browser) = (&watching.host, Browser::new());
    let person = put(&watching, "patient").await;
    let account = person.sign_in(host, &browser).await;
    let at_tenant = flow::choose(&browser, &account, "Google").await;
    for name in ["lodash", "joined", "lodash"] {
        let mark = watching.mark();
        let policy = if name == "joined" {
            conjoin_policies::JOINED
        } else {
            conjoin_policies::LODASH
        };
        watching.replace(policy.component);
        watching.activated(mark, name).await;
    }
    let review = flow::enter(&browser, &at_tenant, &person.email()).await;
    assert_eq!(shown_tags(&review), CONCATENATED);
}

#[tokio::test]
async fn a_link_whose_version_is_gone_ends_by_itself_and_can_be_begun_again() {
    let joined = |number| version(conjoin_policies::JOINED.component, number);
    let watching = Watching::with(&joined(0), &[]).await;
    let (host, browser) = (&watching.host, Browser::new());
    let person = put(&watching, "latecomer").await;
    let account = person.sign_in(host, &browser).await;
    let at_tenant = flow::choose(&browser, &account, "Google").await;
    for number in 1..=KEPT + 1 {
        let mark = watching.mark();
        watching.replace(&joined(number));
        watching.activated(mark, "joined").await;
    }
    let shown = flow::enter(&browser, &at_tenant, &person.email()).await;
    assert_eq!(shown.message(), "policy-gone", "{}", shown.readable());
    person.assert_untouched(&host.tenant).await;
    let account = person.assert_signed_in(host, &browser).await;
    let review = flow::prove(&browser, &account, "Google", &person.email()).await;
    assert_eq!(
        tags(&person.confirm(host, &browser, &review).await),
        json!(CONCATENATED)
    );
}

/// People who are in the middle of a link at once; the scenario's thousand, scaled to what two processors do in a test.
const IN_FLIGHT: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn s36_a_hundred_people_in_flight_each_finish_on_the_version_they_began_with() {
    let watching = Arc::new(Watching::with(conjoin_policies::JOINED.component, &[]).await);
    // Half of them are at the tenant's sign-in, half look at a preview.
    let began = together(IN_FLIGHT, |number| {
        let watching = watching.clone();
        async move {
            let (host, browser) = (&watching.host, Browser::new());
            let person = put(&watching, &format!("flying{number}x")).await;
            let account = person.sign_in(host, &browser).await;
            let mut page = flow::choose(&browser, &account, "Google").await;
            if number % 2 == 0 {
                page = flow::enter(&browser, &page, &person.email()).await;
            }
            (person, browser, page)
        }
    })
    .await;
    let mark = watching.mark();
    watching.replace(conjoin_policies::LODASH.component);
    watching.activated(mark, "lodash").await;

    let began = Arc::new(began);
    let ended = together(IN_FLIGHT, |number| {
        let (watching, began) = (watching.clone(), began.clone());
        async move {
            let (person, browser, page) = &began[number];
            let proven = if page.name() == "link-review" {
                None
            } else {
                Some(flow::enter(browser, page, &person.email()).await)
            };
            let review = proven.as_ref().unwrap_or(page);
            assert_eq!(shown_tags(review), CONCATENATED, "{}", person.email());
            tags(&person.confirm(&watching.host, browser, review).await)
        }
    })
    .await;
    assert_eq!(ended, vec![json!(CONCATENATED); IN_FLIGHT]);
    let joined = put(&watching, "afterwards").await.join(&watching.host).await;
    assert_eq!(tags(&joined), json!(BY_INDEX));
}

/// Does something for each number, a few at a time; the answers in order.
async fn together<T, F>(count: usize, work: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(8));
    let mut running = JoinSet::new();
    for number in 0..count {
        let (places, work) = (places.clone(), work(number));
        running.spawn(async move {
            let _place = places.acquire_owned().await;
            (number, work.await)
        });
    }
    let mut answers = running.join_all().await;
    answers.sort_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}
