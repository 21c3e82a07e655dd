// RFC 6901 pointers.

/** The keys of a pointer, unescaped. Throws a SyntaxError for what is none. */
export function keys(pointer) {
  const isPointer = typeof pointer === "string" && /^(?:$|\/)/.test(pointer) && !/~(?![01])/.test(pointer);
  if (!isPointer) throw new SyntaxError("not a pointer");
  return pointer
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A place in a list; undefined for what names none: no sign, no leading zero. */
export const index = (key) => (/^(0|[1-9]\d*)$/.test(key) ? Number(key) : undefined);

/** What a key leads to; undefined for nothing. */
export function at(holder, key) {
  if (holder instanceof Map) return holder.get(key);
  return Array.isArray(holder) ? holder[index(key)] : undefined;
}
