//! One run: two accounts, a link, perhaps an unlink.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use conjoin_auth0::{IdentityId, User, UserId};
use conjoin_linking::LinkError;
use conjoin_linking::bag::Bag;
use conjoin_linking::candidates::{BegunBy, Session, Side as Survivor};
use conjoin_linking::clock::now;
use conjoin_linking::flow::{Linking, Settle};
use conjoin_linking::journal::{Journal, JournalError};
use conjoin_linking::plan::{LinkPlan, PlanHash};
use conjoin_linking::proof::Proof;
use conjoin_linking::record::{LinkId, Planned, Proven, Record, Request, Stage, Transaction, Tries};
use conjoin_linking::tenant::TenantName;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Map, Value};

use crate::accounts;
use crate::checks::{Before, check_link, check_unlink};
use crate::proxy::{Strike, Told};
use crate::schedule::schedule;
use crate::world::World;

/// How often a record is taken up before the run counts as stuck.
const MOST_TRIES: u32 = 400;

/// Between two of them: a killed host's locks end by time.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers how it ended, in words.
pub async fn run(world: Arc<World>, seed: u64) -> String {
    let mut random = StdRng::seed_from_u64(seed);
    let (ours, theirs) = (format!("auth0|p{seed}"), format!("google-oauth2|{}", 900_000 + seed));
    let email = format!("p{seed}@example.com");
    let bags: [Map<String, Value>; 4] = std::array::from_fn(|_| accounts::bag(&mut random));
    let current = world.put(&ours, &email, &bags[0], &bags[1]).await;
    let found = world.put(&theirs, &email, &bags[2], &bags[3]).await;
    let survivor = if random.random_bool(0.7) {
        Survivor::Current
    } else {
        Survivor::Found
    };
    let (primary, secondary) = if survivor == Survivor::Current {
        (&current, &found)
    } else {
        (&found, &current)
    };
    let plan = plan(&world, &mut random, survivor, &current, [primary, secondary]);
    let strike = strike(&world, seed, &mut random, primary, secondary, &plan);
    let mut session = session(&current.user_id);
    let record = planned(&world, &session, plan, [&current, &found]);
    world.journal.create(&record).await.unwrap();
    let before = Before {
        primary: primary.into(),
        secondary: secondary.into(),
    };
    let ended = carry(&world, seed, &session, &record.id, &strike).await;
    check_link(&world, &ended, &before, &strike).await;
    let name = ended.stage.name().to_owned();
    let Stage::Done(work) = &ended.stage else {
        world.proxy.forget(seed);
        return name;
    };
    if random.random_bool(0.4) {
        world.proxy.forget(seed);
        return name;
    }
    // The session follows the primary.
    session.subject = primary.user_id.clone();
    let again = Strike {
        schedule: schedule(&mut random),
        primary: primary.user_id.clone(),
        secondary: secondary.user_id.clone(),
        planned: strike.planned.clone(),
        direct: world.direct.clone(),
        kill: tokio::sync::Notify::new(),
        told: Mutex::new(Told::already_patched()),
    };
    let again = Arc::new(again);
    world.proxy.forget(seed);
    let identity = IdentityId::from(&secondary.user_id);
    let unlink = world.host(seed).request_unlink(&session, &identity).await.unwrap();
    world.proxy.set(seed, again.clone());
    let ended = carry(&world, seed, &session, &unlink.id, &again).await;
    check_unlink(&world, &ended, work, &strike, &again).await;
    world.proxy.forget(seed);
    format!("{} after {name}", ended.stage.name())
}

/// Confirms, and takes the record up again whenever the host died, the tenant was unclear or the accounts changed, until it has ended.
async fn carry(world: &World, seed: u64, session: &Session, id: &LinkId, strike: &Strike) -> Record {
    let tenant = &world.tenant().name;
    for _ in 0..MOST_TRIES {
        let record = world.journal.load(tenant, id).await.unwrap().unwrap();
        if !record.stage.awaits_person() && !record.stage.is_under_way() {
            return record;
        }
        // Each time a host of its own: what is not in the journal is forgotten.
        let host = world.host(seed);
        let work = step(&host, session, &record);
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = strike.kill.notified() => Ok(()),
        };
        match outcome {
            Ok(()) => {}
            Err(
                LinkError::Changed
                | LinkError::Busy
                | LinkError::Tenant(_)
                | LinkError::Journal(JournalError::LeaseLost | JournalError::Conflict),
            ) => {}
            Err(error) if record.stage.awaits_person() => {
                // The rule said no before anything was written: the record says so, or can be confirmed again.
                let now = world.journal.load(tenant, id).await.unwrap().unwrap();
                assert!(
                    matches!(now.stage, Stage::Refused(_) | Stage::Planned(_)),
                    "{error}: {now:?}"
                );
                if matches!(now.stage, Stage::Refused(_)) {
                    return now;
                }
            }
            Err(error) => panic!("seed {seed}: {error}\n{}", strike.told.lock().unwrap().log.join("\n")),
        }
        tokio::time::sleep(PAUSE).await;
    }
    let record = world.journal.load(tenant, id).await.unwrap().unwrap();
    panic!(
        "seed {seed} is stuck in {record:?}\n{}",
        strike.told.lock().unwrap().log.join("\n")
    );
}

async fn step(host: &Linking, session: &Session, record: &Record) -> Result<(), LinkError> {
    let hash: Option<PlanHash> = match &record.stage {
        Stage::Planned(planned) => Some(planned.plan.hash()),
        Stage::UnlinkPlanned(plan) => Some(plan.hash()),
        _ => None,
    };
    match hash {
        Some(hash) => host.confirm(session, &record.id, &hash).await.map(drop),
        None => host.settle(&record.id, Settle::Again, "property").await.map(drop),
    }
}

/// A plan that the guard accepts: mostly a random one, at worst one that discards everything.
fn plan(world: &World, random: &mut StdRng, survivor: Survivor, current: &User, accounts: [&User; 2]) -> LinkPlan {
    let [primary, secondary] = accounts;
    for _ in 0..20 {
        let answer = accounts::answer(
            random,
            [&primary.user_metadata, &primary.app_metadata],
            [&secondary.user_metadata, &secondary.app_metadata],
        );
        let built = LinkPlan::build(
            world.tenant(),
            &world.policy,
            &current.user_id,
            survivor,
            accounts,
            &answer,
        );
        if let Ok(plan) = built {
            return plan;
        }
    }
    let pointers = |bag: &Map<String, Value>| {
        let pointer = |key: &String| format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        bag.keys().map(pointer).collect()
    };
    let nothing = conjoin_engine::Plan {
        user_metadata: "[]".to_owned(),
        app_metadata: "[]".to_owned(),
        discard_user_metadata: pointers(&secondary.user_metadata),
        discard_app_metadata: pointers(&secondary.app_metadata),
    };
    LinkPlan::build(
        world.tenant(),
        &world.policy,
        &current.user_id,
        survivor,
        accounts,
        &nothing,
    )
    .unwrap()
}

fn strike(
    world: &World,
    seed: u64,
    random: &mut StdRng,
    primary: &User,
    secondary: &User,
    plan: &LinkPlan,
) -> Arc<Strike> {
    let key = |bag: Bag| {
        plan.bag(bag)
            .changes
            .keys()
            .next()
            .map(|key| (bag.field().to_owned(), key.clone().into()))
    };
    let strike = Arc::new(Strike {
        schedule: schedule(random),
        primary: primary.user_id.clone(),
        secondary: secondary.user_id.clone(),
        planned: Bag::ALL.into_iter().filter_map(key).collect(),
        direct: world.direct.clone(),
        kill: tokio::sync::Notify::new(),
        told: Mutex::new(Told::default()),
    });
    world.proxy.set(seed, strike.clone());
    strike
}

fn planned(world: &World, session: &Session, plan: LinkPlan, [current, found]: [&User; 2]) -> Record {
    let id = LinkId(format!("{:032x}", rand::random::<u128>()));
    let request = Request {
        target: found.user_id.clone(),
        created_at: [current.created_at.clone(), found.created_at.clone()],
        connection: found.own_identity().unwrap().connection.clone(),
        survivor: plan.survivor,
        policy: world.policy.clone(),
        transaction: Transaction {
            id: id.0.clone(),
            now: now(),
            seed: "0".repeat(32),
        },
        organization: None,
    };
    let proven = Proven {
        request,
        proof: proof(&found.user_id),
    };
    Record {
        id,
        tenant: TenantName("property".to_owned()),
        version: 0,
        initiator: current.user_id.clone(),
        session: session.handle.clone(),
        created_at: now(),
        expires_at: now() + 1800,
        stage: Stage::Planned(Box::new(Planned { proven, plan })),
        tries: Tries::default(),
        taken_up: false,
    }
}

fn session(subject: &UserId) -> Session {
    Session {
        handle: subject.to_string(),
        subject: subject.clone(),
        organization: None,
        locale: "en".to_owned(),
        proof: proof(subject),
        begun_by: BegunBy::Page,
    }
}

fn proof(subject: &UserId) -> Proof {
    Proof {
        subject: subject.clone(),
        connection: None,
        auth_time: now(),
        issued_at: now(),
        received_at: now(),
        amr: Vec::new(),
        organization: None,
    }
}
