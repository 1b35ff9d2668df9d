// Server-sent events out of bytes (html.spec.whatwg.org, section 9.2.6), as far as this API sends them.

/** One event; a comment has neither. */
export interface Told {
  readonly event: string;
  readonly data: string;
}

const mostUnread = 8 * 1_048_576;

/** Events as they come, and `still here` for every comment. Throws when one does not end. */
export async function* eventsIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<Told | 'still here', void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { event, data: data.join('\n') };
        event = '';
        data = [];
      } else if (line.startsWith(':')) yield 'still here';
      else if (line.startsWith('event:')) event = valueIn(line);
      else if (line.startsWith('data:')) data.push(valueIn(line));
    }
    if (rest.length + data.reduce((sum, line) => sum + line.length, 0) > mostUnread)
      throw new Error('An event of the stream does not end.');
  }
}

function valueIn(line: string): string {
  return line.slice(line.indexOf(':') + 1).replace(/^ /, '');
}
