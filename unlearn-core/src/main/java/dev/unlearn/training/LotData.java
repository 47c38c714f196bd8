package dev.unlearn.training;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.train.Need;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which sequences an update has; all of it depends on the recipe and what happened before only, so
 * that it can be done again.
 */
final class LotData {
  private final Recipe recipe;
  private final ForgetSet set;
  private final List<TokenSequence> retain;
  private final int contextLength;

  LotData(Recipe recipe, ForgetSet set, List<TokenSequence> retain, int contextLength) {
    this.recipe = recipe;
    this.set = set;
    this.retain = retain;
    this.contextLength = contextLength;
  }

  /**
   * Returns the sequences of an update.
   *
   * @param forgotten positions in the lot of what is forgotten already
   * @param epoch the number of the update, from 1
   * @param history the reports of all epochs before it
   */
  UpdateData of(Lot lot, List<Integer> forgotten, int epoch, List<EpochReport> history) {
    List<Integer> indices = lot.retiring() ? remaining(lot.indices(), forgotten) : lot.indices();
    return new UpdateData(
        forget(indices, epoch), alternatives(indices, epoch), retain(lot, history));
  }

  /** What is not forgotten; all of a lot whose mean has not passed although each of it has. */
  private static List<Integer> remaining(List<Integer> indices, List<Integer> forgotten) {
    Set<Integer> retired = new HashSet<>(forgotten);
    List<Integer> remaining =
        IntStream.range(0, indices.size())
            .filter(position -> !retired.contains(position))
            .mapToObj(indices::get)
            .toList();
    return remaining.isEmpty() ? indices : remaining;
  }

  private List<TokenSequence> forget(List<Integer> indices, int epoch) {
    RandomContext context = recipe.randomContext();
    if (context.equals(RandomContext.NONE)) {
      return set.sequences(indices);
    }
    return indices.stream()
        .map(
            index ->
                context.draw(
                    set.sequences().get(index),
                    retain,
                    contextLength,
                    RandomContext.random(recipe.seed(), epoch, index)))
        .toList();
  }

  private List<TokenSequence> alternatives(List<Integer> indices, int epoch) {
    if (!recipe.objective().needs().contains(Need.ALTERNATIVES)) {
      return List.of();
    }
    return indices.stream()
        .map(index -> set.alternatives().get(index))
        .map(choices -> choices.get((epoch - 1) % choices.size()))
        .toList();
  }

  private List<TokenSequence> retain(Lot lot, List<EpochReport> history) {
    if (retain.isEmpty()) {
      return List.of();
    }
    long before =
        history.stream()
            .filter(report -> report.lotEpoch() > 0)
            .mapToLong(report -> retainCount(report.lot().size()))
            .sum();
    return new RetainDraw(retain, recipe.seed()).draw(before, retainCount(lot.indices().size()));
  }

  private int retainCount(int lotSize) {
    return Math.min(
        retain.size(), recipe.retainPerUpdate() > 0 ? recipe.retainPerUpdate() : lotSize);
  }
}
