//! Asking the policy that decides, and, in the background, the one that is being tried.

use std::sync::Arc;

use conjoin_auth0::UserId;
use conjoin_engine::Ending;

use super::Linking;
use crate::decide::Role;
use crate::policies::{Activated, Heard};
use crate::question::{Answer, Exchange, Question, Reply};

impl Linking {
    /// Asks the version that decides. What it was asked is kept, as the tenant has chosen, and a version in shadow is asked the same.
    ///
    /// # Errors
    /// The policy's [`Ending`].
    pub(super) async fn ask(
        &self,
        activated: &Activated,
        subject: &UserId,
        question: Question,
    ) -> Result<Reply, Ending> {
        let question = Arc::new(question);
        let role = Role::Decides;
        let outcome = self.decider.ask(&self.tenant, activated, &question, role).await.outcome;
        // What this host failed at is nothing that anybody answered.
        if !matches!(outcome, Err(Ending::Internal(_))) {
            let answer = Answer::of(&outcome);
            self.keep(activated, &question, &answer).await;
            self.ask_shadow(subject, question, answer);
        }
        outcome
    }

    async fn keep(&self, activated: &Activated, question: &Question, answer: &Answer) {
        let keep = self.tenant.keep;
        let wanted = match question {
            Question::Merge { .. } => keep.merges,
            Question::SelectCandidates { .. } => keep.candidates,
        };
        if !wanted {
            return;
        }
        let exchange = Exchange {
            policy: activated.policy.digest().to_string(),
            question: question.clone(),
            answer: answer.clone(),
        };
        if serde_json::to_vec(&exchange).map_or(usize::MAX, |text| text.len()) > keep.most_bytes {
            return;
        }
        // Nothing that a person waits for depends on it.
        if let Err(error) = self.journal.keep_exchange(&self.tenant.name, &exchange).await {
            tracing::error!(%error, "what a policy was asked could not be kept");
        }
    }

    /// In the background: nobody waits for a version that decides nothing. While it is at one question it is asked no other.
    fn ask_shadow(&self, subject: &UserId, question: Arc<Question>, was: Answer) {
        let Some(shadow) = self.policies.shadow() else {
            return;
        };
        let Some(turn) = self.decider.shadow_turn() else {
            return;
        };
        let (linking, subject) = (self.clone(), subject.clone());
        tokio::spawn(async move {
            let question = Arc::new(Question::clone(&question).under(&shadow.settings));
            let role = Role::Shadow(was, turn);
            let asked = linking.decider.ask(&linking.tenant, &shadow, &question, role).await;
            let heard = Heard {
                policy: shadow.reference(),
                hook: question.hook(),
                subject: &subject,
                outcome: asked.judged,
            };
            let differs = !asked.differences.is_empty();
            linking.policies.shadow_heard(heard, differs).await;
        });
    }
}
