package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.model.decoder.TrunkLayers;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TargetLogits;
import dev.unlearn.spi.train.TargetTerm;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** What a loss can be built on: a pass, or the plain computation. */
interface Leaves {
  NDArray logProbabilities();

  NDArray perTarget(TargetTerm term, Reference reference);

  NDArray logits();

  NDArray hiddenStates(int layer);

  static Leaves of(Pass pass) {
    return new OfPass(pass);
  }

  static Leaves plain(Network network, TokenBatch batch) {
    return new Plain(network, batch);
  }

  /** The leaves of a pass. */
  record OfPass(Pass pass) implements Leaves {
    @Override
    public NDArray logProbabilities() {
      return pass.logProbabilities();
    }

    @Override
    public NDArray perTarget(TargetTerm term, Reference reference) {
      return pass.perTarget(term, reference);
    }

    @Override
    public NDArray logits() {
      return pass.logits();
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return pass.hiddenStates(layer);
    }
  }

  /** One graph from the ids to whole logits. */
  final class Plain implements Leaves {
    private final TokenBatch batch;
    private final List<NDArray> states = new ArrayList<>();
    private final NDArray logits;

    Plain(Network network, TokenBatch batch) {
      this.batch = batch;
      TrunkLayers layers = network.layers(batch.ids(), batch.attentionMask());
      states.add(layers.first());
      for (int layer = 1; layer <= layers.count(); layer++) {
        states.add(layers.run(layer, states.get(layer - 1)));
      }
      NDArray last = states.get(layers.count());
      NDArray rows = last.reshape(new Shape(-1, last.getShape().get(2)));
      logits =
          network
              .logits(rows)
              .reshape(new Shape(batch.size(), batch.length(), network.vocabularySize()))
              .get(new NDIndex(":, :-1"));
    }

    @Override
    public NDArray logProbabilities() {
      NDArray next = batch.ids().get(new NDIndex(":, 1:")).expandDims(2);
      return logits.logSoftmax(-1).gather(next, 2).squeeze(2).mul(batch.targetMask());
    }

    /** All at once, where nothing is predicted, too. */
    @Override
    public NDArray perTarget(TargetTerm term, Reference reference) {
      long[] everywhere = LongStream.range(0, batch.size() * (batch.length() - 1L)).toArray();
      NDArray values =
          term.values(
              new TargetLogits(
                  logits.reshape(new Shape(-1, logits.getShape().get(2))),
                  batch.ids().get(new NDIndex(":, 1:")).flatten(),
                  () -> reference.logitsAt(everywhere)));
      return values.reshape(batch.targetMask().getShape()).mul(batch.targetMask());
    }

    @Override
    public NDArray logits() {
      return logits;
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return states.get(layer);
    }
  }
}
