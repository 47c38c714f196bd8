package dev.unlearn.eval.attack;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Attacks that an unlearned model has to withstand, one after the other:
 *
 * <pre>{@code
 * AttackSuite gate =
 *     AttackSuite.of(
 *         List.of(PrefixProbes.afterTrueTokens(), SampledExtraction.of(64)));
 * List<AttackResult> results = gate.run(AttackContext.of(model, set, unseen));
 * if (AttackSuite.verdict(results) == Recovery.COMES_BACK) {
 *   ...
 * }
 * }</pre>
 *
 * <p>What no attack of a suite brings back may come back by another.
 */
public final class AttackSuite {
  private static final Logger logger = LoggerFactory.getLogger(AttackSuite.class);

  private final List<Attack> attacks;

  private AttackSuite(List<Attack> attacks) {
    this.attacks = attacks;
  }

  /**
   * Returns a suite.
   *
   * @throws IllegalArgumentException if there is no attack, or two have the same key
   */
  public static AttackSuite of(List<Attack> attacks) {
    List<Attack> copy = List.copyOf(requireNonNull(attacks, "attacks"));
    checkArgument(!copy.isEmpty(), "a suite must have at least one attack, but had none");
    List<String> keys = copy.stream().map(Attack::key).toList();
    for (int index = 0; index < keys.size(); index++) {
      checkArgument(
          keys.indexOf(keys.get(index)) == index,
          "attacks of a suite must have different keys, but two had: %s",
          keys.get(index));
    }
    return new AttackSuite(copy);
  }

  /** Returns the attacks, in order. */
  public List<Attack> attacks() {
    return attacks;
  }

  /**
   * Attacks and returns a result for each attack, in order.
   *
   * @throws IllegalArgumentException if an attack cannot work with the model or the texts
   */
  public List<AttackResult> run(AttackContext context) {
    List<AttackResult> results = new ArrayList<>(attacks.size());
    for (Attack attack : attacks) {
      AttackResult result = attack.run(context);
      logger.info("{}: {}", attack.key(), result.recovery());
      results.add(result);
    }
    return List.copyOf(results);
  }

  /**
   * Returns what several results say together: that it comes back if one says so, that nothing was
   * seen if all say so, otherwise that it is undecided.
   *
   * @throws IllegalArgumentException if there is no result
   */
  public static Recovery verdict(List<AttackResult> results) {
    checkArgument(!results.isEmpty(), "a verdict needs at least one result, but there was none");
    List<Recovery> each = results.stream().map(AttackResult::recovery).toList();
    if (each.contains(Recovery.COMES_BACK)) {
      return Recovery.COMES_BACK;
    }
    return each.contains(Recovery.UNDECIDED) ? Recovery.UNDECIDED : Recovery.NOT_SEEN;
  }
}
