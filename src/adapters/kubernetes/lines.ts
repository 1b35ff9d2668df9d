// A stream of bytes as lines of text.

/** A watch sends one object per line; a longer line is no object of a cluster (etcd itself takes 1.5 MiB). */
const longestLine = 16 * 1024 * 1024;

/** The lines of a stream without their ends; empty ones are left out. Throws when a line does not end within 16 MiB. */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    parts.push(first);
    length += first.length;
    if (length > longestLine) throw new Error('The stream sent a line that does not end.');
    for (const next of others) {
      const line = parts.join('');
      if (line !== '') yield line;
      parts = [next];
      length = next.length;
    }
  }
}
