// Which of two accounts survives.

import { instant } from "./instant.js";

/**
 * The account that was created first; on a tie, the one whose `user_id` sorts first. Answers "current" or "found".
 *
 * An account without a creation time, or with one that is no RFC 3339, is never the older one: nothing is known of its age.
 * Where that goes for both, the current account stays primary.
 */
export function oldest(current, candidate) {
  const [ours, theirs] = [instant(current.created_at), instant(candidate.created_at)];
  if (theirs === undefined) return "current";
  if (ours === undefined || theirs < ours) return "found";
  return theirs === ours && sortsFirst(candidate.user_id, current.user_id) ? "found" : "current";
}

/** By code points, as the other guest libraries sort; `<` goes by UTF-16 units. */
function sortsFirst(one, other) {
  const [ours, theirs] = [[...one], [...other]];
  const at = ours.findIndex((character, index) => character !== theirs[index]);
  if (at < 0) return ours.length < theirs.length;
  return at < theirs.length && ours[at].codePointAt(0) < theirs[at].codePointAt(0);
}
