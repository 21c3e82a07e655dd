//! Reasons that more than one policy gives, with their texts. They are read before the other account is proven, so that they may say no more of it than
//! that it was found.

use crate::Reason;

/// The account was found under the same address: what the host always looks for.
pub const SAME_EMAIL: &str = "same-email";

/// The texts of [`SAME_EMAIL`], for a description.
#[must_use]
pub fn same_email() -> Vec<Reason> {
    let texts = [
        ("en", "Another account uses the same verified e-mail address."),
        ("de", "Ein anderes Konto verwendet dieselbe bestätigte E-Mail-Adresse."),
        ("fr", "Un autre compte utilise la même adresse e-mail vérifiée."),
    ];
    let reasons = texts
        .into_iter()
        .map(|(locale, text)| Reason::new(SAME_EMAIL, locale, text));
    reasons.collect()
}
