package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;

/**
 * Server state of the methods that remember nothing but the model.
 *
 * @param round the round that made it; 0 is the initial model
 * @param model what the next cohort receives
 */
public record GlobalModel(int round, ModelState model) implements ServerState {}
