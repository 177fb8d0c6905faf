export interface RegistryHost {
  /** The key in `auths` and `credHelpers`: `host[:port]`, and for Docker Hub `https://index.docker.io/v1/`. */
  readonly key: string;
  /** `host[:port]` to connect to, lower case; for Docker Hub `registry-1.docker.io`. IPv6 in brackets. */
  readonly host: string;
  /** The host without port and brackets. */
  readonly hostname: string;
  /** As it was written, or null where none was. */
  readonly scheme: 'https' | 'http' | null;
  readonly isLoopback: boolean;
}
