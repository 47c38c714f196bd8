package dev.unlearn.strategy;

import dev.unlearn.spi.Strategy;

/**
 * The strategies that come with the library.
 *
 * <p>Those that work on parts of the set start each part with a fresh optimizer and look at it
 * before its first update, so that a part which is forgotten already takes no update. {@link
 * dev.unlearn.api.ForgetReport#lotEnds()} says how many each took.
 *
 * <p>Forgetting one part may bring another back. {@link #sequential} and {@link #byDomain}
 * therefore go round again: they look at all parts once more, work on those that came back, and end
 * when no update came between the first and the last of the decisions that every part is forgotten.
 * So the weights they leave have passed the criterion on each part, or, after ten rounds, on the
 * whole. A part is looked at again only if an update came after it passed.
 *
 * <p>Parts that keep undoing each other would go on for ever, and so would a criterion that asks
 * for updates whenever it sees a part, such as one with {@link
 * dev.unlearn.spi.StoppingCriterion#notBefore}. After ten rounds the whole set is therefore worked
 * on together, as one last lot that has to pass. With a criterion of the second kind take {@link
 * #sequentialOnce}. {@link dev.unlearn.stop.StoppingCriteria#maxEpochs} limits each visit to a
 * part, {@link dev.unlearn.stop.StoppingCriteria#maxTotalEpochs} the run.
 */
public final class Strategies {
  private Strategies() {}

  /** Forgets the whole set together: one lot of all sequences. The default. */
  public static Strategy allAtOnce() {
    return new Once(Division.chunks(1), "all-at-once");
  }

  /**
   * Forgets the set in chunks, one after the other, then looks at all of them again and works on
   * what came back. Chunks are consecutive and differ in size by one at most; there are no more of
   * them than sequences.
   *
   * <p>Source: Jang et al., arXiv 2210.01504, section on sequential unlearning. Deviation: the
   * paper does not go round again; {@link #sequentialOnce} does as it does.
   *
   * @throws IllegalArgumentException if {@code chunks < 1}
   */
  public static Strategy sequential(int chunks) {
    return new Rounds(Division.chunks(chunks), "sequential(" + chunks + ")");
  }

  /**
   * Forgets the set in chunks, one after the other, each until the criterion says so, as in Jang et
   * al., arXiv 2210.01504. Earlier chunks are not looked at again, so one that came back is still
   * there at the end; {@link dev.unlearn.api.ForgetReport#criterionMetTogether()} says whether that
   * can be.
   *
   * @throws IllegalArgumentException if {@code chunks < 1}
   */
  public static Strategy sequentialOnce(int chunks) {
    return new Once(Division.chunks(chunks), "sequential-once(" + chunks + ")");
  }

  /**
   * Forgets one domain after the other, then looks at all of them again as {@link #sequential}
   * does. A part is what has one {@linkplain dev.unlearn.api.TokenSequence#domain() domain tag};
   * sequences without a tag are one part, too. Parts come in the order in which the set first names
   * them.
   */
  public static Strategy byDomain() {
    return new Rounds(Division::domains, "by-domain");
  }

  /**
   * Makes the lots of another strategy retire: sequences that the criterion calls forgotten on
   * their own take no part in the updates for as long as it does, so that they are not unlearned
   * further than the others need. They are measured all the same and come back if they are
   * remembered again.
   *
   * <p>The criterion must name such sequences, in {@link dev.unlearn.api.Decision.Proceed}: {@link
   * dev.unlearn.stop.StoppingCriteria#everyForgotten} does in every epoch. With one that names none
   * nothing retires.
   */
  public static Strategy retiring(Strategy strategy) {
    return new Retiring(strategy);
  }
}
