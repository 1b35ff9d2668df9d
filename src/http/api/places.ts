// How many may wait at a time: in all, and of one name.
import { Problem } from './problem.ts';

/** Places to be taken and given back. */
export interface Places {
  /** Takes a place and gives the function that gives it back; throws a problem when there is none. */
  take(name: string): () => void;
}

const againSeconds = 10;

/** So many places, of which one name may hold a part. */
export function places(total: number, each: number): Places {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take(name) {
      const own = taken.get(name) ?? 0;
      if (all >= total || own >= each) {
        const whose = own >= each ? `You wait ${own} times already` : `${all} others wait already`;
        const next = `End one of them, or try again in ${againSeconds} s.`;
        throw new Problem('busy', `${whose}, and more is not possible.`, next, againSeconds);
      }
      all += 1;
      taken.set(name, own + 1);
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        all -= 1;
        const left = (taken.get(name) ?? 1) - 1;
        if (left === 0) taken.delete(name);
        else taken.set(name, left);
      };
    },
  };
}
