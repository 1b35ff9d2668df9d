// How to reach the API server that a kubeconfig names.
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { Agent, type Dispatcher } from 'undici';

/** An API server's address and the credentials for it. */
export interface Access {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dispatcher: Dispatcher;
}

/** Reads a kubeconfig's current context. Throws when the file cannot be read or names no cluster. */
export async function accessFrom(kubeconfig: string): Promise<Access> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const url = config.getCurrentCluster()?.server;
  if (url === undefined) {
    throw new Error(`${kubeconfig} names no cluster in its current context; give a kubeconfig that does.`);
  }
  const context = new RequestContext(url, HttpMethod.GET);
  await config.applySecurityAuthentication(context);
  return { url, headers: context.getHeaders(), dispatcher: context.getDispatcher() ?? new Agent() };
}
