package dev.unlearn.spi.contract;

import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TokenBatch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A pass whose leaves are {@link FakeNumbers}, and its gradients. */
final class FakePass implements Pass, AutoCloseable {
  static final String LOGITS = "logits";
  static final String REFERENCE = "reference ";
  private static final String LOG_PROBABILITIES = "log-probabilities";

  private final TokenBatch batch;
  private final FakeNumbers numbers;
  private final Set<Need> needs;
  private final Role role;
  private final Map<String, NDArray> leaves = new LinkedHashMap<>();

  /** What the sequences are for; it decides what the original model is asked. */
  enum Role {
    FORGET,
    ALTERNATIVES,
    RETAIN
  }

  FakePass(TokenBatch batch, FakeNumbers numbers, Set<Need> needs, Role role) {
    this.batch = batch;
    this.numbers = numbers;
    this.needs = needs;
    this.role = role;
  }

  @Override
  public TokenBatch batch() {
    return batch;
  }

  @Override
  public NDArray logProbabilities() {
    return leaves.computeIfAbsent(LOG_PROBABILITIES, this::leaf);
  }

  @Override
  public NDArray logits() {
    return leaves.computeIfAbsent(LOGITS, this::leaf);
  }

  @Override
  public NDArray hiddenStates(int layer) {
    return leaves.computeIfAbsent("hidden states " + layer, this::leaf);
  }

  @Override
  public void backward() {
    throw new AssertionError("backward is called by the loop");
  }

  Reference reference() {
    return new OriginalModel();
  }

  /** Returns the gradient of each row of each leaf, without padding. */
  Map<String, float[]> gradients() {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    leaves.forEach(
        (kind, leaf) -> {
          float[] all = gradient(leaf);
          for (int row = 0; row < batch.size(); row++) {
            TokenSequence sequence = batch.sequences().get(row);
            int from = row * positions(kind, batch.length()) * width(kind);
            float[] own =
                Arrays.copyOfRange(
                    all, from, from + positions(kind, sequence.length()) * width(kind));
            if (kind.equals(LOG_PROBABILITIES)) { // other positions have no gradient
              Arrays.fill(own, 0, sequence.firstTarget() - 1, 0);
            }
            gradients.put(kind + " of " + Arrays.hashCode(sequence.ids()), own);
          }
        });
    return gradients;
  }

  /** Returns the gradient's product with the direction of the step. */
  double slope() {
    double slope = 0;
    for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
      float[] gradient = gradient(leaf.getValue());
      double[] direction = directions(leaf.getKey());
      for (int i = 0; i < gradient.length; i++) {
        slope += gradient[i] * direction[i];
      }
    }
    return slope;
  }

  private static float[] gradient(NDArray leaf) {
    try (NDArray gradient = leaf.getGradient()) {
      return gradient.toFloatArray();
    }
  }

  private NDArray leaf(String kind) {
    double[] values = values(kind);
    double[] directions = directions(kind);
    for (int i = 0; i < values.length; i++) {
      values[i] += numbers.step() * directions[i];
    }
    NDArray leaf = array(kind, values);
    leaf.setRequiresGradient(true);
    return leaf;
  }

  private NDArray array(String kind, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    long positions = positions(kind, batch.length());
    return batch
        .manager()
        .create(
            floats,
            width(kind) == 1
                ? new Shape(batch.size(), positions)
                : new Shape(batch.size(), positions, width(kind)));
  }

  private double[] values(String kind) {
    return rows(
        kind,
        sequence ->
            kind.equals(LOG_PROBABILITIES)
                ? FakeNumbers.logProbabilities(LOGITS, sequence)
                : FakeNumbers.values(kind, sequence, positions(kind, batch.length()), width(kind)));
  }

  private double[] directions(String kind) {
    return rows(
        kind,
        sequence -> {
          int positions = positions(kind, sequence.length());
          double[] direction = numbers.direction(kind, sequence, positions, width(kind));
          if (kind.equals(LOG_PROBABILITIES)) { // they are 0 at other positions
            Arrays.fill(direction, 0, sequence.firstTarget() - 1, 0);
          }
          return direction;
        });
  }

  /** Puts the numbers of all sequences beside each other, padded. */
  private double[] rows(String kind, Row row) {
    int size = positions(kind, batch.length()) * width(kind);
    double[] all = new double[batch.size() * size];
    for (int i = 0; i < batch.size(); i++) {
      double[] values = row.of(batch.sequences().get(i));
      System.arraycopy(values, 0, all, i * size, values.length);
    }
    return all;
  }

  private interface Row {
    double[] of(TokenSequence sequence);
  }

  private static int positions(String kind, int length) {
    return kind.contains("hidden") ? length : length - 1;
  }

  private static int width(String kind) {
    if (kind.contains(LOGITS)) {
      return FakeNumbers.VOCABULARY;
    }
    return kind.contains("hidden") ? FakeNumbers.WIDTH : 1;
  }

  @Override
  public void close() {
    batch.close();
  }

  private final class OriginalModel implements Reference {
    @Override
    public NDArray logLikelihoods() {
      named(role != Role.RETAIN, Need.REFERENCE_LIKELIHOODS);
      float[] sums = new float[batch.size()];
      for (int row = 0; row < sums.length; row++) {
        sums[row] = (float) FakeNumbers.referenceLogLikelihood(batch.sequences().get(row));
      }
      return batch.manager().create(sums);
    }

    @Override
    public NDArray logits() {
      named(
          role != Role.ALTERNATIVES,
          role == Role.RETAIN ? Need.RETAIN_REFERENCE_LOGITS : Need.REFERENCE_LOGITS);
      return array(LOGITS, values(REFERENCE + LOGITS));
    }

    @Override
    public NDArray hiddenStates(int layer) {
      named(role == Role.RETAIN, Need.RETAIN_REFERENCE_STATES);
      String kind = "hidden states " + layer;
      return array(kind, values(REFERENCE + kind));
    }

    private void named(boolean there, Need need) {
      checkState(there && needs.contains(need), "%s is used, but not named in needs()", need);
    }
  }
}
