/**
 * A number of a person's account, shown so far that its sender knows which is meant: the first and the last four signs. What goes into messages
 * and logs must not be the number itself.
 */
export function masked(text: string): string {
  const signs = Array.from(text.replace(/[^0-9A-Za-z*+]/g, "").slice(0, 64));
  if (signs.length < 12) return '"…"';
  return `"${signs.slice(0, 4).join("")}…${signs.slice(-4).join("")}"`;
}
