// What is learnt about a dataset's files on the way through them: noise counted, problems listed by path. Knows no format.
import type { DatasetFindings } from '../../contract/saved/dataset.ts';

/** As many as are listed; the rest is counted. */
const most = 1000;

export class Findings {
  readonly problems: DatasetFindings['problems'] = [];
  private readonly sentences: string[] = [];
  private readonly counts = new Map<string, number>();
  /** All problems, also those not listed. */
  problemCount = 0;

  problem(where: string, message: string): void {
    if (this.problemCount++ < most) this.problems.push({ where, message });
  }
  note(sentence: string): void {
    this.sentences.push(sentence);
  }
  /** Counts `noun`, in its plural; all of them become one sentence, `ignored: hidden or system files (3)`. */
  ignored(noun: string, n = 1): void {
    this.counts.set(noun, (this.counts.get(noun) ?? 0) + n);
  }
  notes(): string[] {
    const sums = [...this.counts].filter(([, n]) => n > 0).map(([noun, n]) => `${noun} (${n.toLocaleString('en-US')})`);
    return [...this.sentences, ...(sums.length > 0 ? [`ignored: ${sums.join(', ')}`] : [])];
  }
}
