import { expect, test } from 'vitest';
import { renderJson } from '../../src/core/report-json.ts';
import type { Report } from '../../src/core/report.ts';

test('the fields come in the published order, however the report was put together', () => {
  const report: Report = {
    restart: { how: null, reasons: [{ message: 'm', source: 'expect', secret: 'ACR' }], needed: 'unknown' },
    images: [{ advice: null, message: 'm', digest: null, pullable: null, image: 'alpine' }],
    problems: [{ advice: null, message: 'm', variables: [], name: null, code: 'near-miss' }],
    registries: [
      {
        steps: [{ advice: null, message: 'm', status: 'ok', step: 'login' }],
        advice: null,
        message: 'm',
        durationMs: 1,
        expiresAt: null,
        store: null,
        status: 'ok',
        kind: 'basic',
        username: 'u',
        server: 's',
        name: 'ACR',
      },
    ],
    configFile: null,
    command: 'doctor',
    schemaVersion: 1,
  };
  const text = renderJson(report);
  expect(JSON.parse(text)).toEqual(report);
  expect(text.match(/"(\w+)":/g)?.join(' ')).toBe(
    [
      '"schemaVersion": "command": "configFile":',
      '"registries": "name": "server": "username": "kind": "status": "store": "expiresAt": "durationMs": "message": "advice":',
      '"steps": "step": "status": "message": "advice":',
      '"problems": "code": "name": "variables": "message": "advice":',
      '"restart": "needed": "reasons": "secret": "source": "message": "how":',
      '"images": "image": "pullable": "digest": "message": "advice":',
    ].join(' '),
  );
});
