package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.UpdateContext;
import java.util.Set;

/** {@link Objectives#pdu}. */
final class Pdu implements Objective {
  private final double epsilon;
  private final double firstMultiplier;
  private final double rate;
  private final int warmUpUpdates;

  Pdu(double epsilon, double firstMultiplier, double rate, int warmUpUpdates) {
    this.epsilon = Parameters.notNegative("epsilon", epsilon);
    this.firstMultiplier = Parameters.notNegative("firstMultiplier", firstMultiplier);
    this.rate = Parameters.notNegative("rate", rate);
    this.warmUpUpdates = Parameters.notNegative("warmUpUpdates", warmUpUpdates);
  }

  @Override
  public void prepare(UpdateContext update) {
    ObjectiveMemory memory = update.memory();
    if (update.epoch() - 1 > warmUpUpdates) {
      memory.set(
          name("multiplier"),
          Math.max(0, multiplier(memory) + rate * memory.get(name("excess"), 0)));
    }
    memory.set(name("excess"), 0); // how far this update's retain loss is above what is allowed
  }

  @Override
  public NDArray loss(ObjectiveContext context) {
    Share forget = context.forget();
    return forget.tokenMean(forget.perTarget(targets -> ObjectiveOps.peak(targets.logits())));
  }

  @Override
  public NDArray retainLoss(ObjectiveContext context) {
    Share retain = context.retain();
    NDArray logProbabilities = retain.pass().logProbabilities();
    NDArray allowed = ObjectiveOps.scale(logProbabilities.onesLike(), -epsilon);
    NDArray excess = retain.tokenMean(allowed.sub(logProbabilities));
    ObjectiveMemory memory = context.memory();
    memory.add(name("excess"), excess.toType(DataType.FLOAT64, false).getDouble());
    return ObjectiveOps.scale(excess, multiplier(memory));
  }

  /** The name of a number in memory; with the parameters, so that two of these can be summed. */
  private String name(String number) {
    return description() + "." + number;
  }

  private double multiplier(ObjectiveMemory memory) {
    return memory.get(name("multiplier"), firstMultiplier);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.RETAIN);
  }

  @Override
  public String description() {
    return "pdu(epsilon=%s, firstMultiplier=%s, rate=%s, warmUpUpdates=%s)"
        .formatted(epsilon, firstMultiplier, rate, warmUpUpdates);
  }
}
