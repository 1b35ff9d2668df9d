import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** Runs `serin --version` on a Node that says it is of that version. */
function onNode(version: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const saying = `
    Object.defineProperty(process, 'version', { value: 'v${version}' });
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
  const preload = `data:text/javascript,${encodeURIComponent(saying)}`;
  return run(process.execPath, ['--import', preload, main, '--version'], { timeout: 30_000 });
}

it('says on a Node that is too old which one it needs, and does nothing', async () => {
  await expect(onNode('20.20.2')).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'Serin needs Node 24 or later; this is v20.20.2.\n',
  });
});

it('runs on the oldest Node that it needs', async () => {
  const { stdout, stderr } = await onNode('24.11.0');

  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(stderr).toBe('');
});
