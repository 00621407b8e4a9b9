/** 128 random bits as a text; unlike `crypto.randomUUID` also on pages without HTTPS. */
export function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) =>
    part.toString(16).padStart(8, "0"),
  ).join("");
}
