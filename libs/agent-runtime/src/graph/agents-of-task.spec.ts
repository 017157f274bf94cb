import { AgentsOfTask } from './agents-of-task';

describe('AgentsOfTask', () => {
  it('lets none ask before all have ended or want to, then the first that was called', async () => {
    const agents = new AgentsOfTask();
    const [a, b, c] = [agents.enter(), agents.enter(), agents.enter()];
    const asked: string[] = [];
    const asks = (name: string, place: number) => agents.turn(place).then(() => asked.push(name));
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    void asks('c', c);
    void asks('a', a);
    await settled();
    expect(asked).toEqual([]);
    agents.leave(b);
    await settled();
    // Its question ends the task, or is answered: then it works on.
    expect(asked).toEqual(['a']);
    void asks('a again', a);
    await settled();
    expect(asked).toEqual(['a', 'a again']);
    agents.leave(a);
    await settled();
    expect(asked).toEqual(['a', 'a again', 'c']);
  });
});
