// Why some namespaces cannot be split, and what looks alike and can.
import { describe, expect, it } from 'vitest';
import type { LaneArea } from '../../../../src/adapters/istio/lanes/survey.ts';
import type { LanesWanted, RouteProblem } from '../../../../src/controller/mesh-port.ts';
import {
  aLaneArea,
  aLaneRule,
  aLaneService,
  aRouted,
  aRouteTo,
  lanesFound,
  lanesWanted,
  podLabels,
  problemFound,
} from './area.ts';

const host = 'checkout.shop.svc.cluster.local';
const gateway = { gateways: ['front'], hosts: ['shop.example.com'] };

type Case = readonly [RouteProblem['reason'], string, Partial<LaneArea>, RegExp, Partial<LanesWanted>?];

const service = (spec: Record<string, unknown>): Partial<LaneArea> => ({ services: [aLaneService(spec)] });
const routed = (rule: Record<string, unknown>, spec = {}): Partial<LaneArea> => ({ objects: [aRouted(rule, spec)] });
const ruled = (spec: Record<string, unknown>, place = {}): Partial<LaneArea> => ({ rules: [aLaneRule(spec, place)] });
const backend = { spec: { rules: [{ backendRefs: [{ name: 'checkout', port: 80 }] }] } };
const labelled = { canaryLabels: { app: 'checkout', version: 'v2' } };

const cases: readonly Case[] = [
  ['NoService', 'no Service selects the pods', service({ selector: { app: 'till' } }), /namespace shop/],
  ['NoService', 'the Service has no selector', service({ selector: {} }), /Create one/],
  ['LabelsMoved', 'the new template leaves a Service', service({ selector: podLabels }), /version=v1/, labelled],
  ['LabelsMoved', 'it comes under another', service({ selector: labelled.canaryLabels }), /version=v2/, labelled],
  ['HeadlessService', 'clients choose the pods', service({ clusterIP: 'None' }), /Service checkout is headless/],
  ['PortNotHttp', 'there is no HTTP to count', service({ ports: [{ name: 'https', port: 443 }] }), /443 \(https\)/],
  ['PortNotHttp', 'the port is known for TCP', service({ ports: [{ port: 3306 }] }), /3306/],
  [
    'PortNotHttp',
    'a TCP port beside HTTP has no route',
    service({
      ports: [
        { name: 'http', port: 80 },
        { name: 'tcp-db', port: 5432 },
      ],
    }),
    /Port 5432 \(tcp-db\).*Add a tcp route to VirtualService shop\/checkout/,
  ],
  [
    'PortNotHttp',
    'the HTTP port has none',
    routed(aRouteTo('checkout'), { http: undefined, tcp: [aRouteTo('checkout')] }),
    /Port 80 \(http\).*http route/,
  ],
  [
    'PortNotHttp',
    'a TLS port has no VirtualService whose names it could be known by',
    {
      objects: [],
      ...service({
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
      }),
    },
    /Port 443 \(https\).*a VirtualService for checkout\.shop/,
  ],
  ['FaultOnRoute', 'a fault is injected', routed({ ...aRouteTo('checkout'), fault: { abort: {} } }), /injects faults/],
  ['MirrorToHost', 'requests are mirrored', routed({ ...aRouteTo('till'), mirror: { host: 'checkout' } }), /mirrors/],
  [
    'MirrorToHost',
    'requests are mirrored to one of several',
    routed({ ...aRouteTo('till'), mirrors: [{ destination: { host: 'audit' } }, { destination: { host } }] }),
    /mirrors requests to checkout\.shop/,
  ],
  [
    'MirrorToHost',
    'requests are mirrored to a subset the new pods fall under',
    { ...routed({ ...aRouteTo('checkout'), mirror: { host: 'checkout', subset: 'v1' } }), rules: [aLaneRule()] },
    /checkout\/v1/,
  ],
  ['SelectiveRule', 'a rule is for some clients', ruled({ workloadSelector: { matchLabels: {} } }), /workloadSelector/],
  ['HiddenRule', 'a rule is in a client namespace', ruled({}, { namespace: 'clients' }), /clients\/checkout/],
  [
    'HiddenRule',
    'a rule for more hosts is in a client namespace',
    ruled({ host: '*.local' }, { namespace: 'clients' }),
    /Move it to namespace shop/,
  ],
  [
    'DuplicateSubset',
    'a subset has the name of one of ours',
    ruled({ subsets: [{ name: 'serin-canary-0a1b2c3d4e-v1', labels: {} }] }),
    /Rename/,
  ],
  [
    'SubsetNameTooLong',
    'a subset leaves no room',
    {
      ...routed(aRouteTo(`checkout/${'v'.repeat(40)}`)),
      ...ruled({ subsets: [{ name: 'v'.repeat(40), labels: {} }] }),
    },
    /at most 39/,
  ],
  [
    'LabelsMoved',
    'a subset is of the old version',
    { ...routed(aRouteTo('checkout/v1')), ...ruled({}) },
    /version=v1/,
    labelled,
  ],
  [
    'HttpRoute',
    'an HTTPRoute leads there',
    { gatewayRoutes: [{ ...backend, metadata: { name: 'front', namespace: 'shop' } }] },
    /HTTPRoute shop\/front/,
  ],
  [
    'HttpRoute',
    'a GRPCRoute has it as its parent',
    {
      gatewayRoutes: [
        {
          kind: 'GRPCRoute',
          metadata: { name: 'front', namespace: 'edge' },
          spec: { parentRefs: [{ kind: 'Service', name: 'checkout', namespace: 'shop' }] },
        },
      ],
    },
    /GRPCRoute edge\/front/,
  ],
  ['HiddenRoute', 'the VirtualService is for some', routed(aRouteTo('checkout'), { exportTo: ['.'] }), /exportTo: \./],
  [
    'SameWorkloadName',
    'metrics call both the same',
    {},
    /service\.istio\.io\/workload-name=till/,
    { canaryLabels: { ...podLabels, 'service.istio.io/workload-name': 'till' } },
  ],
  ['TooManyRoutes', 'there are too many', routed(aRouteTo(...Array.from({ length: 65 }, () => 'checkout'))), /65/],
  ['StableWithoutTraffic', 'every lane has the weight 0', routed(aRouteTo(['checkout', 0], ['till', 100])), /weight 0/],
  [
    'StableWithoutTraffic',
    'the only route is elsewhere',
    routed(aRouteTo('till')),
    /No VirtualService leads to checkout/,
  ],
];

describe('a problem is said when', () => {
  const named = cases.map(([reason, what, parts, words, wanted = {}]) => ({ reason, what, parts, words, wanted }));

  it.each(named)('$reason: $what', ({ reason, parts, words, wanted }) => {
    const problem = problemFound(aLaneArea(parts), lanesWanted(wanted));

    expect(problem.reason).toBe(reason);
    expect(problem.message).toMatch(words);
    expect(problem.message).toMatch(/^[A-Z0-9].*\.$/s);
  });
});

describe('no problem is', () => {
  const fine: readonly (readonly [string, Partial<LaneArea>, Partial<LanesWanted>?])[] = [
    [
      'a fault on a route to somebody else',
      { objects: [aRouted(aRouteTo('checkout')), aRouted({ ...aRouteTo('till'), fault: {} })] },
    ],
    ['a mirror to somebody else', routed({ ...aRouteTo('checkout'), mirror: { host: 'audit' } })],
    [
      'a mirror to a subset of other pods',
      { ...routed({ ...aRouteTo('checkout'), mirror: { host: 'checkout', subset: 'v2' } }), ...ruled({}) },
    ],
    ['a rule for more hosts in the root namespace', ruled({ host: '*.local' }, { namespace: 'istio-system' })],
    ['a rule of another host in another namespace', ruled({ host: 'till' }, { namespace: 'clients' })],
    ['a rule Serin made', ruled({ workloadSelector: {} }, { labels: { 'app.kubernetes.io/managed-by': 'serin' } })],
    ['a port that is sniffed', service({ ports: [{ port: 8080 }] })],
    [
      'a UDP port',
      service({
        ports: [
          { name: 'http', port: 80 },
          { name: 'dns', port: 53, protocol: 'UDP' },
        ],
      }),
    ],
    [
      'an HTTPRoute to somebody else',
      { gatewayRoutes: [{ ...backend, metadata: { name: 'front', namespace: 'clients' } }] },
    ],
    [
      'an HTTPRoute of a gateway called like the Service',
      { gatewayRoutes: [{ metadata: { name: 'a', namespace: 'shop' }, spec: { parentRefs: [{ name: 'checkout' }] } }] },
    ],
    ['a moved label that nothing chooses by', { rules: [aLaneRule()] }, labelled],
    [
      'a TCP port that has its route',
      {
        ...service({
          ports: [
            { name: 'http', port: 80 },
            { name: 'tcp-db', port: 5432 },
          ],
        }),
        ...routed(aRouteTo('checkout'), { tcp: [{ match: [{ port: 5432 }], ...aRouteTo('checkout') }] }),
      },
    ],
    [
      'a VirtualService that redirects, with another that leads there',
      {
        objects: [
          aRouted({ redirect: { uri: '/new' } }),
          aRouted(aRouteTo(host), gateway, { name: 'front', namespace: 'edge' }),
        ],
      },
    ],
  ];

  it.each(fine.map(([what, parts, wanted = {}]) => ({ what, parts, wanted })))('$what', ({ parts, wanted }) => {
    expect(lanesFound(aLaneArea(parts), lanesWanted(wanted)).kind).toBe('lanes');
  });
});
