package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the attacks of this package have in common. */
final class Measuring {
  private Measuring() {}

  /** Refuses a metric of which less is known better. */
  static void check(Metric metric) {
    checkArgument(
        metric.higherMeansKnown(),
        "an attack needs a metric that is higher if a text is known better, but %s is not",
        metric.key());
  }

  /** Refuses models whose weights cannot be changed, before any of them is attacked. */
  static void check(String attack, AttackContext context) {
    trainable(attack, context.model());
    context.original().ifPresent(original -> trainable(attack, original));
  }

  /** Returns a model as one whose weights can be changed. */
  @CanIgnoreReturnValue
  static TrainableCausalLm trainable(String attack, CausalLm model) {
    checkArgument(
        model instanceof TrainableCausalLm,
        "attack %s changes weights for a while and needs a TrainableCausalLm, but was given: %s",
        attack,
        model.getClass().getName());
    return (TrainableCausalLm) model;
  }

  /** Returns the values of some sequences in the order of all, NaN for the others. */
  static List<Double> values(
      Metric metric, CausalLm model, List<TokenSequence> sequences, List<Integer> some) {
    List<Double> values = new ArrayList<>(Collections.nCopies(sequences.size(), Double.NaN));
    List<Double> measured =
        metric.measure(model, some.stream().map(sequences::get).toList()).perSequence();
    for (int i = 0; i < measured.size(); i++) {
      values.set(some.get(i), measured.get(i));
    }
    return values;
  }
}
