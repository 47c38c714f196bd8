package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tiny decoder that remembers, call by call, how many rows its head was given and whether
 * gradients were on.
 */
final class TestNetwork implements Network {
  final List<Long> headRows = new ArrayList<>();
  final List<Boolean> gradientModes = new ArrayList<>();
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final Decoder decoder;
  private final Map<String, NDArray> parameters = new LinkedHashMap<>();

  /** Vocabulary 13, context length 10, width 8, two layers. */
  TestNetwork() {
    this(TestDecoders.spec(draft -> {}));
  }

  TestNetwork(DecoderSpec spec) {
    decoder = TestDecoders.random(manager, spec, 42);
    decoder.weights().forEach((name, parameter) -> parameters.put(name, parameter.getArray()));
  }

  @Override
  public NDArray hidden(NDArray ids, NDArray attentionMask, @Nullable List<NDArray> states) {
    gradientModes.add(JniUtils.isGradMode());
    return decoder.hidden(ids, states);
  }

  @Override
  public NDArray logits(NDArray hidden) {
    gradientModes.add(JniUtils.isGradMode());
    headRows.add(hidden.getShape().get(0));
    return decoder.logits(hidden);
  }

  @Override
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  @Override
  public int vocabularySize() {
    return decoder.spec().vocabularySize();
  }

  @Override
  public int contextLength() {
    return decoder.spec().contextLength();
  }

  @Override
  public int layerCount() {
    return decoder.spec().layers().size();
  }

  @Override
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
