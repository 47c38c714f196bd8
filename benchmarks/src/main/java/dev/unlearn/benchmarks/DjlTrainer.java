package dev.unlearn.benchmarks;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.SoftmaxCrossEntropyLoss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * Gradient ascent by DJL's own means: its trainer, its cross-entropy with weight -1, its Adam. The
 * network is this library's decoder, since DJL has none that reads such a checkpoint.
 */
final class DjlTrainer implements AutoCloseable {
  private static final int CLASS_AXIS = -1;

  private final Model model;
  private final Trainer trainer;
  private final List<TokenSequence> sequences;

  /**
   * Starts.
   *
   * @param weights its weights are the network's, and change
   * @param sequences of one length
   */
  DjlTrainer(
      NeoShape shape,
      TrainableCausalLm weights,
      List<TokenSequence> sequences,
      float learningRate) {
    this.sequences = sequences;
    Decoder decoder = new Decoder(shape.spec());
    Iterator<NDArray> values = weights.parameters().values().iterator(); // in the same order
    decoder.fill(weights.manager(), parameter -> values.next());
    model = Model.newInstance("djl-trainer", "PyTorch");
    model.setBlock(decoder);
    trainer =
        model.newTrainer(
            new DefaultTrainingConfig(
                    new SoftmaxCrossEntropyLoss("ascent", -1, CLASS_AXIS, true, true))
                .optOptimizer(
                    Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(learningRate))
                        .optBeta1(0.9f)
                        .optBeta2(0.98f)
                        .build()));
    trainer.initialize(new Shape(sequences.size(), sequences.get(0).length() - 1));
  }

  /** Makes one update and returns the loss before it, in nats per target. */
  double step() {
    double ascent;
    try (NDManager manager = trainer.getManager().newSubManager()) {
      NDArray ids =
          manager.create(
              sequences.stream()
                  .map(sequence -> Arrays.stream(sequence.ids()).asLongStream().toArray())
                  .toArray(long[][]::new)); // (B, L)
      NDArray inputs = ids.get(":, :-1");
      NDArray labels = ids.get(":, 1:").flatten();
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDArray logits = trainer.forward(new NDList(inputs)).singletonOrThrow();
        NDArray rows = logits.reshape(labels.size(), logits.getShape().get(2)); // (B (L - 1), V)
        NDArray loss = trainer.getLoss().evaluate(new NDList(labels), new NDList(rows));
        collector.backward(loss);
        ascent = loss.getFloat();
      }
    }
    trainer.step();
    return -ascent;
  }

  @Override
  public void close() {
    trainer.close();
    model.close();
  }
}
