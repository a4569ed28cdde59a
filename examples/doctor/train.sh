#!/bin/sh
torchrun --nproc-per-node 2 train.py --config args.yaml
