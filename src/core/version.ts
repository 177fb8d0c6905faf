import packageJson from '../../package.json' with { type: 'json' };

/** The version in package.json, the Feature's too. */
export const version: string = packageJson.version;

/** How the program names itself to registries. */
export const userAgent = `registry-login/${version}`;
