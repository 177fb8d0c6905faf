import packageJson from '../../package.json' with { type: 'json' };

/** The version in package.json, the Feature's too. */
export const version: string = packageJson.version;
