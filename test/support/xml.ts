// XML 1.0 as strictly as its grammar has it, as far as reports use it: elements, attributes, text, the five entities.

/** An element, in the order in which it begins. */
export interface Element {
  readonly name: string;
  /** Names of the elements it is within, the outermost first. */
  readonly within: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/;
const tag = /<(\/?)([A-Za-z][\w.-]*)((?:\s+[A-Za-z][\w.-]*="[^"<]*")*)\s*(\/?)>/y;
const text = /[^<]+/y;
// Section 2.2: the characters there are.
const forbidden = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };

/** Reads a document with one element at its root. Throws where it is not well-formed. */
export function elementsOf(document: string): readonly Element[] {
  if (!declaration.test(document) || forbidden.test(document)) throw new Error('That is no XML 1.0 in UTF-8.');
  const elements: Element[] = [];
  const open: string[] = [];
  let at = declaration.exec(document)?.[0].length ?? 0;
  while (at < document.length) {
    const [words] = stuck(text, document, at) ?? [];
    if (words !== undefined) {
      if (open.length === 0 && words.trim() !== '') throw new Error(`Text outside of the root: ${words}`);
      plain(words);
      at += words.length;
      continue;
    }
    const [whole, closes, name = '', attributes = '', empty] = stuck(tag, document, at) ?? [];
    if (whole === undefined) throw new Error(`No tag at ${document.slice(at, at + 60)}`);
    at += whole.length;
    if (closes === '/') {
      if (open.pop() !== name) throw new Error(`</${name}> closes nothing.`);
      continue;
    }
    if (open.length === 0 && elements.length > 0) throw new Error(`<${name}> is a second root.`);
    elements.push({ name, within: [...open], attributes: attributesOf(attributes) });
    if (empty === '') open.push(name);
  }
  if (open.length > 0 || elements.length === 0) throw new Error(`Never closed: ${open.join(' ')}`);
  return elements;
}

function stuck(pattern: RegExp, document: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(document);
}

function attributesOf(words: string): Readonly<Record<string, string>> {
  const pairs = [...words.matchAll(/([A-Za-z][\w.-]*)="([^"]*)"/g)];
  const names = pairs.map(([, name]) => name);
  if (new Set(names).size < names.length) throw new Error(`Twice the same attribute: ${words}`);
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, plain(value)]));
}

function plain(words: string): string {
  return words.replaceAll(/&([^;]*);?/g, (reference, name: string) => {
    const letter = entities[name];
    if (letter === undefined || !reference.endsWith(';')) throw new Error(`${reference} is no entity.`);
    return letter;
  });
}
