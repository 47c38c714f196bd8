package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TargetTerm;
import dev.unlearn.spi.train.TokenBatch;
import java.util.function.Supplier;

/** A pass whose every computation takes a turn of the model, so that none meets freed weights. */
final class GuardedPass implements Pass {
  private final Pass pass;
  private final Supplier<Access.Turn> turns;

  GuardedPass(Pass pass, Supplier<Access.Turn> turns) {
    this.pass = pass;
    this.turns = turns;
  }

  @Override
  public TokenBatch batch() {
    return pass.batch();
  }

  @Override
  public NDArray logProbabilities() {
    try (Access.Turn turn = turns.get()) {
      return pass.logProbabilities();
    }
  }

  @Override
  public NDArray perTarget(TargetTerm term, Reference reference) {
    try (Access.Turn turn = turns.get()) {
      return pass.perTarget(term, reference);
    }
  }

  @Override
  public NDArray logitsAt(long[] places) {
    try (Access.Turn turn = turns.get()) {
      return pass.logitsAt(places);
    }
  }

  @Override
  public NDArray logits() {
    try (Access.Turn turn = turns.get()) {
      return pass.logits();
    }
  }

  @Override
  public NDArray hiddenStates(int layer) {
    try (Access.Turn turn = turns.get()) {
      return pass.hiddenStates(layer);
    }
  }

  @Override
  public boolean reachedEnd() {
    return pass.reachedEnd();
  }

  @Override
  public void backward() {
    try (Access.Turn turn = turns.get()) {
      pass.backward();
    }
  }
}
