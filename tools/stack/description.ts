// What a stack is to those who use it, and how one process hands it to another as plain JSON.

import { z } from 'zod';
import { absentPart, type Part, type PartDescription, partDescriptionSchema, partOf } from './part.ts';

/** A part that answers at an address. */
type AddressedPart = Part & { readonly url: string };

/** The real parts, running on loopback. A part that the stack was started without throws when it is used. */
export interface Stack {
  /** The data folder, with the log of each part in `logs`. */
  readonly folder: string;
  /** The path of the admin's kubeconfig. Those of alice and bob, who have no rights, are beside it under their names. */
  readonly kubeconfig: string;
  readonly apiServerUrl: string;
  /** The path of the API server's audit log: one JSON object a line, level Metadata. */
  readonly auditLog: string;
  /** Paths of programs. */
  readonly bin: { readonly kubectl: string; readonly promtool: string };
  readonly etcd: Part;
  readonly apiServer: Part;
  readonly controllerManager: Part;
  readonly scheduler: Part;
  readonly kwok: Part;
  readonly redis: AddressedPart;
  readonly prometheus: AddressedPart;
  readonly mesh: AddressedPart;
  /** What `describe` gives. */
  readonly description: StackDescription;
  /** Ends every part and removes the data folder. Only the process that started the stack may; rejects in any other. */
  stop(): Promise<void>;
}

const description = z
  .object({
    folder: z.string(),
    kubeconfig: z.string(),
    apiServerUrl: z.string(),
    auditLog: z.string(),
    bin: z.object({ kubectl: z.string(), promtool: z.string() }).readonly(),
    parts: z.array(partDescriptionSchema).readonly(),
  })
  .readonly();

/** A stack as plain JSON. */
export type StackDescription = z.infer<typeof description>;

/** The stack as plain JSON, for `attach` in another process of this machine. */
export function describe(stack: Stack): StackDescription {
  return stack.description;
}

/** The running stack of another process. Its parts can be stopped and started; its own `stop` rejects. Throws when the value is no description. */
export function attach(value: unknown): Stack {
  return stackFrom(description.parse(value), () =>
    Promise.reject(new Error('Only the process that started the stack can stop it. Stop single parts instead.')),
  );
}

/** The stack of a description, ended by `stop`. */
export function stackFrom(value: StackDescription, stop: () => Promise<void>): Stack {
  const { parts, ...plain } = value;
  const part = (name: string): Part => mapFound(parts, name, partOf) ?? absentPart(name);
  const addressed = (name: string): AddressedPart => mapFound(parts, name, addressedPart) ?? absentAddressed(name);
  return {
    ...plain,
    description: value,
    etcd: part('etcd'),
    apiServer: part('kube-apiserver'),
    controllerManager: part('kube-controller-manager'),
    scheduler: part('kube-scheduler'),
    kwok: part('kwok'),
    redis: addressed('redis'),
    prometheus: addressed('prometheus'),
    mesh: addressed('mesh'),
    stop,
  };
}

function mapFound<T>(
  parts: readonly PartDescription[],
  name: string,
  make: (part: PartDescription) => T,
): T | undefined {
  const one = parts.find((each) => each.name === name);
  return one === undefined ? undefined : make(one);
}

function addressedPart(one: PartDescription): AddressedPart {
  return { ...partOf(one), url: one.url ?? '' };
}

function absentAddressed(name: string): AddressedPart {
  const absent = absentPart(name);
  return {
    ...absent,
    get url(): string {
      throw new Error(`This stack was started without ${name}, so it has no address.`);
    },
  };
}
