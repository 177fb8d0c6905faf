import { classifyAddress } from '../../src/core/network-address.ts';
import type { RegistryHost } from '../../src/core/registry-host.ts';
import type { HttpClient } from '../../src/io/http.ts';
import type { RegistryAccess } from '../../src/io/registry-request.ts';

export interface AccessSettings {
  readonly scheme?: 'http' | 'https';
  readonly insecure?: readonly string[];
  readonly trusted?: Readonly<Record<string, readonly string[]>>;
  readonly signal?: AbortSignal;
}

/** How a test talks to the registry at `host[:port]`. */
export function accessTo(host: string, http: HttpClient, settings: AccessSettings = {}): RegistryAccess {
  const { scheme = null, insecure = [], trusted = {}, signal = AbortSignal.timeout(10_000) } = settings;
  return {
    http,
    host: registryHost(host, scheme),
    options: { insecureRegistries: insecure, trustedAuthHosts: new Map(Object.entries(trusted)) },
    signal,
    userAgent: 'registry-login/test',
  };
}

function registryHost(host: string, scheme: 'http' | 'https' | null): RegistryHost {
  const { hostname } = new URL(`https://${host}`);
  return {
    key: host,
    host,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    scheme,
    isLoopback: classifyAddress(hostname) === 'loopback',
  };
}
