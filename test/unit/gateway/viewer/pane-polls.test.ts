import { expect, test } from 'vitest';
import { paneId } from '../../../../src/base/ids.js';
import { PanePolls } from '../../../../src/gateway/viewer/pane-polls.js';
import { eventually } from '../../../helpers/eventually.js';
import { plainRows, SimulatedPane } from '../../../helpers/simulated-pane.js';

test('a pane is read once for all who look at it, until the last one looks no more', async () => {
  const pane = new SimulatedPane({ rows: 5, cols: 20, limit: 100 });
  pane.print(5);
  const asked: string[] = [];
  const polls = new PanePolls((id) => ({
    rowsOf: plainRows,
    history: async (request) => {
      asked.push(id);
      return pane.page(request);
    },
  }));
  let changes = 0;
  const onChange = (): void => void (changes += 1);
  const [first, second] = [paneId('%1'), paneId('%1')].map((id) => polls.subscribe(id, onChange));
  const other = polls.subscribe(paneId('%2'), () => undefined);
  await eventually('both subscribers are told', () => changes === 2);
  expect(asked).toEqual(['%1', '%2']);
  expect(first?.poll.screen).toBe(second?.poll.screen);
  expect(first?.poll.number).not.toBe(other.poll.number);
  first?.close();
  first?.close();
  const third = polls.subscribe(paneId('%1'), onChange);
  expect(third.poll).toBe(second?.poll);
  second?.close();
  third.close();
  const fourth = polls.subscribe(paneId('%1'), onChange);
  expect(fourth.poll).not.toBe(third.poll);
  fourth.close();
  other.close();
});
