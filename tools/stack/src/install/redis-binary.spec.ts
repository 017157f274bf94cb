import { librariesFromDepends } from './redis-binary.ts';

describe('librariesFromDepends', () => {
  it('takes libraries, but neither the C library nor the init system', () => {
    const text = `redis-tools
  Depends: adduser
  Depends: libatomic1
  Depends: libc6
  Depends: libjemalloc2
  Depends: libssl3
  |Depends: libsystemd0
  Depends: libelogind0
redis-server
  PreDepends: init-system-helpers
  Depends: lua-cjson
  Depends: redis-tools
`;
    expect(librariesFromDepends(text)).toEqual(['libatomic1', 'libjemalloc2', 'libssl3', 'lua-cjson']);
  });
});
