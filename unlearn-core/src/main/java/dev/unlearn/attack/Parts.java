package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.eval.attack.GroupedSequences;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What is trained on and what is measured, as indices of sequences.
 *
 * @param shared trained on
 * @param heldOut measured
 */
record Parts(List<Integer> shared, List<Integer> heldOut) {

  /** Returns all as to be measured. */
  static Parts allHeldOut(GroupedSequences texts) {
    return new Parts(List.of(), IntStream.range(0, texts.sequences().size()).boxed().toList());
  }

  /**
   * Draws whole units until at least so many sequences are shared, one unit staying held out.
   *
   * @param what the texts are, for the message
   * @throws IllegalArgumentException if there are fewer than two units
   */
  static Parts draw(GroupedSequences texts, int count, long seed, String what) {
    List<String> units = new ArrayList<>(new LinkedHashSet<>(texts.units()));
    checkArgument(
        units.size() >= 2,
        "%s must be at least two that are independent, one to train on and one to measure, but"
            + " were: %s",
        what,
        units.size());
    Collections.shuffle(units, new Random(seed));
    List<Integer> shared = new ArrayList<>();
    for (String unit : units.subList(0, units.size() - 1)) {
      if (shared.isEmpty() || shared.size() < count) {
        IntStream.range(0, texts.units().size())
            .filter(index -> texts.units().get(index).equals(unit))
            .forEach(shared::add);
      }
    }
    List<Integer> heldOut =
        IntStream.range(0, texts.units().size())
            .filter(index -> !shared.contains(index))
            .boxed()
            .toList();
    return new Parts(shared, heldOut);
  }
}
