import { createHash } from 'node:crypto';
import { formatApiKey, hashApiKey, keyIdOf } from './api-key';
import { systemAssistantId } from './system-assistant';

describe('API keys', () => {
  it('have an id and a long secret', () => {
    const key = formatApiKey('abc123', 's'.repeat(48));
    expect(keyIdOf(key)).toBe('abc123');
    for (const bad of ['', 'hf_', 'hf_abc123_short', `xx_abc123_${'s'.repeat(48)}`, `${key}_more`, `${key}\n`, `hf_a_b_${'s'.repeat(48)}`]) {
      expect(keyIdOf(bad)).toBeNull();
    }
  });

  it('are stored as SHA-256', () => {
    expect(hashApiKey('k').equals(createHash('sha256').update('k').digest())).toBe(true);
  });
});

describe('systemAssistantId', () => {
  it('is the id that LangGraph’s servers derive from the graph’s name', () => {
    // uuid5(NAMESPACE, "agent") of langgraph_api: RFC 9562 §5.5 by hand.
    const namespace = Buffer.from('6ba7b8219dad11d180b400c04fd430c8', 'hex');
    const digest = createHash('sha1').update(Buffer.concat([namespace, Buffer.from('agent')])).digest().subarray(0, 16);
    digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
    digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
    expect(systemAssistantId('agent').replaceAll('-', '')).toBe(digest.toString('hex'));
    expect(systemAssistantId('agent')).toBe('fe096781-5601-53d2-b2f6-0d3403f7e9ca');
  });
});
