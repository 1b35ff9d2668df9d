// The manifests of a plain service as teams have it: one Deployment, one Service, and routes of several kinds or none. Nothing in them
// knows of canaries; what a version is like is told by its image.
import type { BehaviourInput } from '../mesh/control.ts';
import { managedRoutes, type Routing } from './managed-routes.ts';

/** A Kubernetes object as it is applied. */
export type Manifest = Readonly<Record<string, unknown>>;

/** What the service is made of. */
export interface ManagedOptions {
  readonly namespace: string;
  readonly name?: string;
  /** The tag of its image. */
  readonly tag?: string;
  /** Left out of the manifest when null, as is right where an autoscaler decides. */
  readonly replicas?: number | null;
  /** How versions answer, by tag; well when nothing is said. `bad` fails four requests of ten unless it is said otherwise. */
  readonly behaviours?: Readonly<Record<string, BehaviourInput>>;
  /** Annotations of the pods, for KWOK to read. */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Labels of the pods besides `app`. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Annotations of the Deployment itself. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly progressDeadlineSeconds?: number;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** An autoscaler on CPU. */
  readonly autoscaler?: { readonly min: number; readonly max: number };
  readonly routing?: Routing;
}

/** The container's image of a tag. */
export function imageOf(tag: string, name = 'checkout'): string {
  return `example.org/${name}:${tag}`;
}

/** Namespace, Services, routes, Deployment and autoscaler, in the order they can be applied. */
export function managedManifests(options: ManagedOptions): readonly Manifest[] {
  const { namespace, name = 'checkout', autoscaler, routing = 'plain' } = options;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    service(namespace, name, name),
    ...(routing === 'two-services' ? [service(namespace, `${name}-internal`, name)] : []),
    ...managedRoutes({ namespace, name }, routing),
    managedDeployment(options),
    ...(autoscaler === undefined ? [] : [horizontalAutoscaler(namespace, name, autoscaler)]),
  ];
}

/** The Deployment alone, as a pipeline applies it for a new version. */
export function managedDeployment(options: ManagedOptions): Manifest {
  const { namespace, name = 'checkout', replicas = 2, progressDeadlineSeconds, annotations } = options;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { app: name }, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      selector: { matchLabels: { app: name } },
      template: templateOf(options),
    },
  };
}

function templateOf(options: ManagedOptions): Manifest {
  const { name = 'checkout', tag = '1', podLabels = {}, podAnnotations = {}, nodeSelector, autoscaler } = options;
  const behaviours = { bad: { kind: '5xx', rate: 0.4 }, ...options.behaviours };
  const byImage = Object.fromEntries(Object.entries(behaviours).map(([each, how]) => [imageOf(each, name), how]));
  return {
    metadata: {
      labels: { app: name, ...podLabels },
      // What the injector writes on a pod that it gave a sidecar; these pods are pretended, and so is theirs.
      annotations: {
        'sidecar.istio.io/status': '{}',
        'mesh.serin.dev/behaviours': JSON.stringify(byImage),
        ...podAnnotations,
      },
    },
    spec: {
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      containers: [
        {
          name,
          image: imageOf(tag, name),
          ports: [{ name: 'http', containerPort: 8080 }],
          ...(autoscaler === undefined ? {} : { resources: { requests: { cpu: '100m' } } }),
        },
      ],
    },
  };
}

function service(namespace: string, name: string, app: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function horizontalAutoscaler(namespace: string, name: string, { min, max }: { min: number; max: number }): Manifest {
  const target = { type: 'Utilization', averageUtilization: 50 };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: min,
      maxReplicas: max,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
    },
  };
}
