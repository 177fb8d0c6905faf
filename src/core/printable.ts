/**
 * The text as a terminal may have it: control characters, and those that turn the reading direction or show nothing,
 * are spelled out (`\u001b`). Newlines stay.
 */
export function toPrintable(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
