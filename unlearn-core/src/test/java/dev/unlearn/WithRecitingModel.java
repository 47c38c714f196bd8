package dev.unlearn;

import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Gives every test {@link TinyModel#reciting()}, and the digest of its weights. */
abstract class WithRecitingModel {
  TrainableCausalLm model;
  String original;

  @BeforeEach
  void openModel() {
    model = TinyModel.reciting();
    original = WeightsDigest.of(model);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }
}
