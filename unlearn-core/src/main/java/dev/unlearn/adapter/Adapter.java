package dev.unlearn.adapter;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.Access;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.TrainedParameters;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.decoder.LowRank;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA adapter on a model.
 *
 * <p>It is attached from the beginning: the model computes with it, its matrices A and B are the
 * model's only {@link dev.unlearn.spi.train.TrainableCausalLm#parameters() parameters}, and the
 * weights stay as they are and collect no gradients. {@code CausalLms.save} refuses such a model.
 * Closing the adapter takes it away. {@link #merge} makes it part of the weights instead, so that
 * the model is an ordinary one again. Thread-safe, like the model; it cannot be merged or closed
 * while the model is unlearned.
 */
public final class Adapter implements AutoCloseable {
  private final DjlCausalLm model;
  private final LoraConfig config;
  private final Map<String, AdaptedLinear> layers = new LinkedHashMap<>();
  private final NDManager manager;
  private @Nullable TrainedParameters trained;
  private @Nullable Originals originals;
  private boolean closed;

  private Adapter(DjlCausalLm model, LoraConfig config) {
    this.model = model;
    this.config = config;
    manager = model.manager().newSubManager();
  }

  /** Returns the layers that can be adapted, or refuses a model that has none. */
  static Map<String, Linear> linears(DjlCausalLm model) {
    Map<String, Linear> linears = model.linears();
    checkArgument(
        !linears.isEmpty(),
        "model must be loaded from a HuggingFace folder or made by create to take an adapter, but"
            + " is: %s",
        model.info().family());
    return linears;
  }

  static Adapter attach(DjlCausalLm model, LoraConfig config, AdapterValues values) {
    try (Access.Turn turn = model.change()) {
      Map<String, Linear> chosen = config.targets().choose(linears(model));
      Adapter adapter = new Adapter(model, config);
      try {
        adapter.fill(chosen, values);
        adapter.switchOn();
        return adapter;
      } catch (RuntimeException | Error e) {
        adapter.switchOff();
        adapter.manager.close();
        throw e;
      }
    }
  }

  private void fill(Map<String, Linear> linears, AdapterValues values) {
    try (NDScope scope = Scopes.open()) {
      linears.forEach(
          (path, linear) -> {
            NDArray a = values.a(manager, path, new Shape(config.rank(), linear.inputs()));
            NDArray b = values.b(manager, path, new Shape(linear.outputs(), config.rank()));
            NDScope.unregister(a, b);
            layers.put(path, new AdaptedLinear(linear, new LowRank(a, b, config.scale())));
          });
    }
  }

  private void switchOn() {
    trained = model.train(PeftFormat.arrays(layers));
    layers.values().forEach(AdaptedLinear::attach);
  }

  private void switchOff() {
    if (trained != null) {
      layers.values().forEach(AdaptedLinear::detach);
      trained.close();
      trained = null;
    }
  }

  /** Returns the paths of the adapted modules, in the model's order. */
  public List<String> modules() {
    return List.copyOf(layers.keySet());
  }

  /** Returns whether this is part of the weights now. */
  public boolean isMerged() {
    return originals != null;
  }

  /**
   * Makes this part of the weights: {@code W ← W + (alpha / r) B A}, in place. The model computes
   * as before, up to rounding, trains all its weights again, and can be saved. The matrices that
   * change are kept as they were, which takes as much memory as they do, until {@link #unmerge} or
   * {@link #close}.
   *
   * @throws IllegalStateException if it is merged already, or closed, or the model is being
   *     unlearned
   */
  public void merge() {
    try (Access.Turn turn = model.change()) {
      checkOpen();
      checkState(originals == null, "the adapter is merged already");
      Originals before = new Originals(model.manager(), layers.values());
      try {
        layers.values().forEach(AdaptedLinear::merge);
      } catch (RuntimeException | Error e) {
        try (Originals closed = before) {
          closed.restore();
        }
        throw e;
      }
      originals = before;
      switchOff();
    }
  }

  /**
   * Undoes {@link #merge}: the adapted matrices are bit for bit what they were before it, and the
   * adapter is attached again. What was trained into these matrices meanwhile, or merged by another
   * adapter, is lost: undo several in the opposite order.
   *
   * @throws IllegalStateException if it is not merged, or closed, or the model has another adapter
   *     or a choice of weights, or is being unlearned
   */
  public void unmerge() {
    try (Access.Turn turn = model.change()) {
      checkOpen();
      checkState(originals != null, "the adapter is not merged");
      switchOn();
      try {
        originals.restore();
      } catch (RuntimeException | Error e) {
        switchOff();
        throw e;
      }
      originals.close();
      originals = null;
    }
  }

  /**
   * Writes this in PEFT's format, for {@link Adapters#load} and for Python's {@code
   * PeftModel.from_pretrained}: {@code adapter_config.json} and {@code adapter_model.safetensors},
   * float32. The folder is written beside its place and moved into it.
   *
   * @param folder must not exist, or be empty
   * @throws IllegalArgumentException if it exists and is no empty folder, or cannot be written
   * @throws IllegalStateException if this is closed
   * @throws UnlearningException if writing fails; nothing is left behind
   */
  public void save(Path folder) {
    try (Access.Turn turn = model.use()) {
      checkOpen();
      PeftFormat.write(folder, config, layers);
    }
  }

  /**
   * Frees this adapter; calling it again does nothing. If it is attached, the model is as it was
   * before; if it is merged, the weights keep it.
   *
   * @throws IllegalStateException if the model is being unlearned
   */
  @Override
  public void close() {
    try (Access.Turn turn = model.access().change()) {
      if (closed) {
        return;
      }
      closed = true;
      switchOff();
      if (originals != null) {
        originals.close();
      }
      manager.close();
    }
  }

  private void checkOpen() {
    checkState(!closed, "the adapter is closed");
  }

  /** Copies of matrices, as they were. */
  private static final class Originals implements AutoCloseable {
    private final List<NDArray> weights = new ArrayList<>();
    private final List<NDArray> copies = new ArrayList<>();
    private final NDManager manager;

    Originals(NDManager parent, Iterable<AdaptedLinear> layers) {
      manager = parent.newSubManager();
      try {
        for (AdaptedLinear layer : layers) {
          NDArray weight = layer.linear().weight();
          NDArray copy = weight.duplicate();
          NDScope.unregister(copy);
          copy.attach(manager);
          weights.add(weight);
          copies.add(copy);
        }
      } catch (RuntimeException | Error e) {
        manager.close();
        throw e;
      }
    }

    void restore() {
      TorchOps.get().copy(copies, weights);
    }

    @Override
    public void close() {
      manager.close();
    }
  }
}
