// Programs that Debian and its kin package.

import { onPath } from './executable.ts';
import { found, missing, type Say, type Way } from './obtain.ts';
import { run } from './run.ts';

const installMs = 10 * 60_000;

/** The way of apt: installs the package when this is root on Debian, then looks for its program on PATH. The package's own service is not started. */
export function fromApt(debianPackage: string, program: string, say: Say): Way<string> {
  return {
    name: `apt package ${debianPackage}`,
    async find() {
      if (onPath('apt-get') === undefined) return missing('no apt-get here');
      if (process.getuid?.() !== 0) return missing('apt-get needs root');
      say(`installing the Debian package ${debianPackage}`);
      const failure = await install(debianPackage);
      const path = onPath(program);
      return path === undefined ? missing(failure || `it brought no ${program}`) : found(path);
    },
  };
}

async function install(debianPackage: string): Promise<string> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const args = ['-y', '-q', '--no-install-recommends', 'install', debianPackage];
  const first = await run('apt-get', args, { timeoutMs: installMs, env });
  if (first.code === 0) return '';
  await run('apt-get', ['-q', 'update'], { timeoutMs: installMs, env });
  const second = await run('apt-get', args, { timeoutMs: installMs, env });
  return second.code === 0 ? '' : (second.stderr.trim().split('\n').at(-1) ?? 'apt-get failed');
}
